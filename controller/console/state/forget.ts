/** How the console looks and whether it notifies belongs to the browser, whoever sits there. */
const ofTheBrowser = ['vitrine.theme', 'vitrine.notify'];

/** Takes out of this browser what one person left in it: leases, choices. */
export function forgetPerson(): void {
  try {
    sessionStorage.clear();
    for (const name of Object.keys(localStorage)) if (name.startsWith('vitrine.') && !ofTheBrowser.includes(name)) localStorage.removeItem(name);
  } catch {
    // Storage can be switched off; then nothing was kept there.
  }
}
