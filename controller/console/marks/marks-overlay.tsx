import type { Area, Mark, Shape, Size, Spot } from './shape.ts';
import css from './marks.module.css';

type OverlayProps = {
  readonly display: Size;
  readonly marks: readonly Mark[];
  /** More to draw beneath the marks, such as what an action changed. */
  readonly beneath?: readonly Shape[];
  /** The index of the mark that stands out; the others step back. */
  readonly chosen?: number | null;
  /** The part of the screen that the picture shows, which lies as large as it goes in the middle; the whole screen if absent. */
  readonly region?: Area;
};

/** Marks over whatever shows the screen: it fills its parent, which has the screen's proportions, and lets every pointer through. */
export function MarksOverlay({ display, marks, beneath = [], chosen = null, region }: OverlayProps) {
  const outstanding = marks.some(({ index, shapes }) => index === chosen && shapes.length > 0) ? chosen : null;
  return (
    <svg class={css.overlay} viewBox={region === undefined ? `0 0 ${display.width} ${display.height}` : `${region.x} ${region.y} ${region.width} ${region.height}`} preserveAspectRatio={region === undefined ? 'none' : 'xMidYMid meet'} aria-hidden="true">
      {beneath.map((shape, index) => <Drawn key={index} shape={shape} />)}
      {marks.map(({ index, shapes }) => (
        <g key={index} class={outstanding === null || outstanding === index ? css.mark : `${css.mark} ${css.aside}`} data-mark={index}>
          {shapes.map((shape, place) => <Drawn key={place} shape={shape} />)}
        </g>
      ))}
    </svg>
  );
}

function Drawn({ shape }: { readonly shape: Shape }) {
  switch (shape.kind) {
    case 'line': return <>{shape.role !== 'trail' && <polyline class={css.halo} points={pointsText(shape.points)} />}<polyline class={css[shape.role]} points={pointsText(shape.points)} /></>;
    case 'circle': return <>{shape.role === 'ring' && <circle class={css.halo} cx={shape.centre.x} cy={shape.centre.y} r={shape.radius} />}<circle class={css[shape.role]} cx={shape.centre.x} cy={shape.centre.y} r={shape.radius} /></>;
    case 'head': return <polygon class={css.head} points={pointsText(shape.points)} />;
    case 'area': return <rect class={css[shape.role]} {...shape.area} />;
    case 'plate': return <Plate shape={shape} />;
  }
}

function Plate({ shape: { area, role, words } }: { readonly shape: Extract<Shape, { kind: 'plate' }> }) {
  return (
    <g class={css[role]}>
      <rect class={css.plate} {...area} rx={area.height / 5} />
      <text class={css.words} x={area.x + area.width / 2} y={area.y + area.height * 0.72} font-size={area.height * 0.63} text-anchor="middle">{words}</text>
    </g>
  );
}

function pointsText(points: readonly Spot[]): string {
  return points.map(({ x, y }) => `${x},${y}`).join(' ');
}
