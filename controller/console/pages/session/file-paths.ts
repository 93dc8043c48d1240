/** A file's place below the home folder, given the folder it goes to. */
export function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The folder that a folder lies in; empty for the home folder. */
export function folderAbove(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}

/** A file's name without what could make it another path, never empty. */
export function safeName(name: string): string {
  const plain = [...name].map((character) => (character < ' ' || '/\\'.includes(character) ? '_' : character)).join('').trim();
  return plain === '' || plain === '.' || plain === '..' ? 'file' : plain;
}
