import { useEffect, useState } from 'preact/hooks';
import type { AnswerOf } from '../../../api/contract.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { call, request } from '../../api/client.ts';
import { may } from '../../state/me.ts';
import { Button } from '../../ui/button.tsx';
import { bytesText } from '../../ui/format.ts';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { folderAbove, nameOf } from './file-paths.ts';
import { putFiles, takeMs, wordsOfPut } from './put-files.ts';
import { saveAs } from './save-as.ts';
import { useFileDrop } from './use-file-drop.ts';
import type { Dropped } from './use-file-drop.ts';
import { useTask } from './use-task.ts';
import css from './session.module.css';

type Listing = AnswerOf<'GET /api/desktops/{id}/files'>;

/** The files of a desktop's home folder: to look through, take out and put in. */
export function FilesPanel({ desktopId, headers }: { readonly desktopId: string; readonly headers: () => Record<string, string> }) {
  const [folder, setFolder] = useState('');
  const [listing, setListing] = useState<Listing | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const task = useTask();

  const list = async (signal?: AbortSignal) => {
    try {
      setListing(await call('GET /api/desktops/{id}/files', { params: { id: desktopId }, query: folder === '' ? {} : { path: folder } }, { headers: headers(), ...(signal === undefined ? {} : { signal }) }));
      setFailure(null);
    } catch (reason) {
      const why = ApiFailure.from(reason);
      if (why.code !== 'aborted') setFailure(why);
    }
  };
  useEffect(() => {
    const leaving = new AbortController();
    setListing(null);
    void list(leaving.signal);
    return () => leaving.abort();
  }, [desktopId, folder]);

  const upload = (dropped: Dropped) => task.run(async () => {
    await putFiles(desktopId, folder, dropped, headers());
    await list();
  }, wordsOfPut(dropped));
  const download = (path: string) => task.run(async () => {
    const response = await request('GET /api/desktops/{id}/files/{path}', { params: { id: desktopId, path } }, { headers: headers(), timeoutMs: takeMs });
    saveAs(await response.blob(), nameOf(path));
  });

  const canPut = may('files:write');
  const { isOver, ...drop } = useFileDrop(canPut, (dropped) => void upload(dropped));
  return (
    <section class={css.files} aria-label="Files of the desktop" data-over={isOver || undefined} {...drop}>
      <header class={css.row}>
        <h3 class={css.path}>~/{folder}</h3>
        <span class={css.grow} />
        <Button kind="quiet" size="small" onClick={() => void list()}>Look again</Button>
        {canPut && <label class={css.pick}><input type="file" multiple disabled={task.busy} onChange={({ currentTarget }) => { void upload({ files: [...currentTarget.files ?? []], folders: [] }).then(() => { currentTarget.value = ''; }); }} /><span>{task.busy ? 'Working…' : 'Put files in'}</span></label>}
      </header>
      {failure !== null && <Failure what="The files could not be listed" failure={failure} onRetry={() => void list()} />}
      {listing === null && failure === null && <Skeleton height="8rem" label="Looking at the files" />}
      {listing !== null && failure === null && (
        <ul class={css.fileList}>
          {folder !== '' && <li><button type="button" class={css.file} onClick={() => setFolder(folderAbove(folder))}>↑ up</button></li>}
          {listing.entries.map(({ path, kind, size }) => (
            <li key={path}>
              {kind === 'folder' && <button type="button" class={css.file} onClick={() => setFolder(path)}>{nameOf(path)}/</button>}
              {kind === 'file' && <button type="button" class={css.file} disabled={task.busy} aria-label={`Download ${nameOf(path)}`} onClick={() => void download(path)}>{nameOf(path)}</button>}
              {kind !== 'folder' && kind !== 'file' && <span class={css.file}>{nameOf(path)}</span>}
              <span class={css.size}>{kind === 'file' ? bytesText(size) : ''}</span>
            </li>
          ))}
          {listing.entries.length === 0 && <li class={css.hint}>This folder is empty.</li>}
          {listing.truncated && <li class={css.hint}>There is more than is listed here.</li>}
        </ul>
      )}
      {canPut && <p class={css.hint}>Files can be dropped here too, and anywhere on this page for the home folder. What lies in Outbox when the run ends is kept with it.</p>}
    </section>
  );
}
