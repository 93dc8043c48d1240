import { useId, useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { bytesText } from '../../ui/format.ts';
import css from './start.module.css';

/** Files that are to lie in the desktop's home folder before the model looks; dropped here or chosen. */
export function FilesField({ files, onFiles }: { readonly files: readonly File[]; readonly onFiles: (files: readonly File[]) => void }) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const add = (more: FileList | null | undefined) => onFiles([...files.filter(({ name }) => ![...(more ?? [])].some((one) => one.name === name)), ...(more ?? [])]);
  return (
    <div
      class={css.drop} data-over={isOver || undefined}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); add(event.dataTransfer?.files); }}
    >
      <p><label class={css.choose} for={id}>Choose files</label> or drop them here: they will lie in the home folder of the desktop.</p>
      <input id={id} class="unseen" type="file" multiple onChange={(event) => { add(event.currentTarget.files); event.currentTarget.value = ''; }} />
      {files.length > 0 && (
        <ul class={css.files}>
          {files.map((file) => (
            <li key={file.name}>
              <span>{file.name}</span> <span class={css.quiet}>{bytesText(file.size)}</span>
              <Button kind="quiet" size="small" aria-label={`Leave ${file.name} out`} onClick={() => onFiles(files.filter((one) => one !== file))}>✕</Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
