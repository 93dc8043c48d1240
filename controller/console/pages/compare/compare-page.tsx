import { useLocation } from 'preact-iso';
import { consolePaths } from '../../../api/console-paths.ts';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { useFilm } from '../replay/use-film.ts';
import { ChooseRun } from './choose-run.tsx';
import { SideBySide } from './side-by-side.tsx';
import css from './compare-page.module.css';

/** Two runs side by side: `?left=…&right=…`; what is not named yet is chosen here. */
export function ComparePage() {
  const { query, route } = useLocation();
  const { left, right } = query;
  const choose = (named: { readonly left?: string; readonly right?: string }) => {
    const asked = new URLSearchParams({ ...(left ? { left } : {}), ...(right ? { right } : {}), ...named });
    route(`${consolePaths.compare}?${asked}`);
  };
  return (
    <div class={css.page}>
      <h1 class={left && right ? 'unseen' : css.title}>Compare two runs</h1>
      {!left && <ChooseRun title="The first run" onChoose={(id) => choose({ left: id })} />}
      {left && !right && <ChooseRun title="The run to compare it with" like={left} onChoose={(id) => choose({ right: id })} />}
      {left && right && <Films key={`${left} ${right}`} left={left} right={right} onOther={() => route(`${consolePaths.compare}?left=${encodeURIComponent(left)}`)} />}
    </div>
  );
}

function Films({ left, right, onOther }: { readonly left: string; readonly right: string; readonly onOther: () => void }) {
  const films = [useFilm(left), useFilm(right)] as const;
  const failed = films.find(({ failure }) => failure.value !== null);
  if (failed?.failure.value) return <Failure what="A film could not be fetched" failure={failed.failure.value} onRetry={failed.retry} />;
  const [one, other] = films;
  if (one.player.value === undefined || other.player.value === undefined) return <div class={css.stages} aria-busy="true"><Skeleton height="50dvh" label="Loading the films" /><Skeleton height="50dvh" /></div>;
  return <SideBySide left={{ player: one.player.value, pictures: one.pictures }} right={{ player: other.player.value, pictures: other.pictures }} onOther={onOther} />;
}
