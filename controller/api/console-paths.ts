/** Every page of the console by its path: the server answers these with the application, the application routes by them. */
export const consolePaths = {
  sessions: '/',
  /** A desktop, whoever works on it. */
  desktop: '/sessions/:id',
  run: '/runs/:id',
  replay: '/runs/:id/replay',
  compare: '/compare',
  inbox: '/inbox',
  start: '/start',
  tokens: '/tokens',
  audit: '/audit',
  settings: '/settings',
  signIn: '/sign-in',
} as const;

/** Name of a page of the console. */
export type ConsolePage = keyof typeof consolePaths;

/** The page at a URL's path (without its query), or undefined where the console has none. */
export function consolePageAt(path: string): ConsolePage | undefined {
  const asked = path.split('/');
  return (Object.keys(consolePaths) as ConsolePage[]).find((page) => {
    const parts = consolePaths[page].split('/');
    return parts.length === asked.length && parts.every((part, index) => (part.startsWith(':') ? asked[index] !== '' : part === asked[index]));
  });
}

/** The path of a page about one thing, with its id in place. */
export function pathTo(page: 'desktop' | 'run' | 'replay', id: string): string {
  return consolePaths[page].replace(':id', encodeURIComponent(id));
}
