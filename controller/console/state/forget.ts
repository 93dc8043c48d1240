/** How the console looks and whether it notifies belongs to the browser, whoever sits there. */
const ofTheBrowser = ['vitrine.theme', 'vitrine.notify'];

/** Whose all the rest is: of this browser, and of each tab. */
const owner = 'vitrine.owner';

/** Takes out of this browser what one person left in it: leases, choices. */
export function forgetPerson(): void {
  try {
    for (const storage of [sessionStorage, localStorage]) clear(storage);
  } catch {
    // Storage can be switched off; then nothing was kept there.
  }
}

/**
 * Makes what this browser and this tab keep this person's. What somebody else left there, who may never have signed out, is taken out
 * before, and so is what nobody is known to have left.
 */
export function keepFor(name: string): void {
  try {
    for (const storage of [sessionStorage, localStorage]) {
      if (storage.getItem(owner) === name) continue;
      clear(storage);
      storage.setItem(owner, name);
    }
  } catch {
    // Storage can be switched off; then nothing was kept there.
  }
}

function clear(storage: Storage): void {
  for (const name of Object.keys(storage)) if (name.startsWith('vitrine.') && !ofTheBrowser.includes(name)) storage.removeItem(name);
}
