/** One action as `POST /api/desktops/{id}/actions` takes it. */
export type DesktopAction = { readonly type: string; readonly [field: string]: unknown };

/** A desktop that Vitrine supplies to a loop of your own: a `fetch` for the vendor's client, and what can be done on the desktop. */
export function suppliedDesktop(url: string, token: string) {
  const desktop = {
    /** Known after the first answer. */
    id: '',
    /** Asks for pass-through, and goes on with the desktop that the first answer named. */
    async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
      const headers = new Headers(init?.headers);
      headers.set('x-vitrine-mode', 'pass-through');
      if (desktop.id !== '') headers.set('x-vitrine-desktop', desktop.id);
      const response = await fetch(input, { ...init, headers });
      desktop.id = response.headers.get('x-vitrine-desktop') ?? desktop.id;
      return response;
    },
    /** Performs actions in order and gives the settled screen as base64 of a PNG. Throws when one was not performed. */
    async act(...actions: DesktopAction[]): Promise<string> {
      const response = await fetch(`${url}/api/desktops/${desktop.id}/actions?picture=true`, {
        method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ actions }),
      });
      const outcomes = response.headers.get('x-vitrine-outcomes')?.split(',') ?? [];
      if (outcomes.length < actions.length || outcomes.some((outcome) => outcome !== 'performed')) throw new Error(`not performed: ${outcomes.join(',')} ${response.ok ? '' : await response.text()}`);
      return Buffer.from(await response.arrayBuffer()).toString('base64');
    },
    /** Ends the desktop at once; one that nobody uses ends after ten minutes. */
    async release(): Promise<void> {
      if (desktop.id !== '') await fetch(`${url}/api/desktops/${desktop.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    },
  };
  return desktop;
}

/** Notches of the wheel for a distance in pixels. */
export function notches(pixels: number): number {
  return Math.sign(pixels) * Math.max(Math.round(Math.abs(pixels) / 100), pixels === 0 ? 0 : 1);
}
