import { useId, useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { bytesText } from '../../ui/format.ts';
import { useFileDrop } from '../session/use-file-drop.ts';
import type { StartStage } from './begin-run.ts';
import { withFiles } from './given-files.ts';
import type { GivenFile } from './given-files.ts';
import css from './start.module.css';

type FilesFieldProps = { readonly files: readonly GivenFile[]; readonly problem: string | null; readonly stage: StartStage | null; readonly onFiles: (files: readonly GivenFile[]) => void };

/** Files that are to lie in the desktop's home folder before the model looks; dropped here or chosen. While they are sent, how far each is. */
export function FilesField({ files, problem, stage, onFiles }: FilesFieldProps) {
  const id = useId();
  const [folders, setFolders] = useState<readonly string[]>([]);
  const isBusy = stage !== null;
  const { isOver, ...drop } = useFileDrop(!isBusy, (dropped) => {
    setFolders(dropped.folders);
    onFiles(withFiles(files, dropped.files));
  });
  const place = (changed: GivenFile, path: string) => onFiles(files.map((one) => (one === changed ? { ...one, path } : one)));
  return (
    <div class={css.drop} data-over={isOver || undefined} {...drop}>
      <p><label class={css.choose} for={id}>Choose files</label> or drop them here: they will lie in the home folder of the desktop before the model looks.</p>
      <input id={id} class="unseen" type="file" multiple disabled={isBusy} onChange={(event) => { onFiles(withFiles(files, [...event.currentTarget.files ?? []])); event.currentTarget.value = ''; }} />
      {folders.length > 0 && <p class={css.problem} role="alert">{folders.join(', ')}: a folder cannot be put in as it is; pack it into one file first.</p>}
      {files.length > 0 && (
        <ul class={css.files}>
          {files.map((given, index) => (
            <li key={index}>
              <span class={css.quiet} aria-hidden="true">~/</span>
              <TextField label={`Place of ${given.file.name} in the home folder`} hidesLabel value={given.path} disabled={isBusy} onValue={(path) => place(given, path)} />
              {stage === null ? <span class={css.quiet}>{bytesText(given.file.size)}</span> : <Sent of={given} stage={stage} />}
              {!isBusy && <Button kind="quiet" size="small" aria-label={`Leave ${given.file.name} out`} onClick={() => onFiles(files.filter((one) => one !== given))}>✕</Button>}
            </li>
          ))}
        </ul>
      )}
      {problem !== null && <p class={css.problem} role="alert">{problem}</p>}
    </div>
  );
}

/** How much of a file is sent. */
function Sent({ of: { file, path }, stage }: { readonly of: GivenFile; readonly stage: StartStage }) {
  const sent = stage.stage === 'sending' ? stage.sent[path] ?? 0 : file.size;
  const whole = Math.max(1, file.size);
  return (
    <span class={css.sent}>
      <progress aria-label={`Sent of ${file.name}`} max={whole} value={stage.stage === 'sending' ? sent : whole} />
      <span class={css.quiet}>{bytesText(sent)} of {bytesText(file.size)}</span>
    </span>
  );
}
