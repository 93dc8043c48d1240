import { useState } from 'preact/hooks';

/** What was dropped: files, and the names of folders, which have no content to send. */
export type Dropped = { readonly files: readonly File[]; readonly folders: readonly string[] };

/**
 * Takes files that are dragged onto an element. Where they may not be put the drag is refused, so that a browser does not
 * leave the page to show the file. What else is dragged, such as a text, goes its usual way.
 */
export function useFileDrop(canDrop: boolean, onDropped: (dropped: Dropped) => void) {
  const [isOver, setOver] = useState(false);
  return {
    isOver,
    onDragOver: (event: DragEvent) => {
      if (!bringsFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = canDrop ? 'copy' : 'none';
      setOver(canDrop);
    },
    onDragLeave: ({ currentTarget, relatedTarget }: DragEvent) => {
      if (!(currentTarget instanceof Node && relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!bringsFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      if (canDrop) onDropped(droppedBy(event));
    },
  };
}

function bringsFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') === true;
}

function droppedBy({ dataTransfer }: DragEvent): Dropped {
  const folders = [...dataTransfer?.items ?? []].flatMap((item) => {
    const entry = item.webkitGetAsEntry();
    return entry?.isDirectory === true ? [entry.name] : [];
  });
  return { files: [...dataTransfer?.files ?? []].filter(({ name }) => !folders.includes(name)), folders };
}
