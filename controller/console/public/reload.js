// Fetches again what the console could not fetch (a network that changes, a server that starts), three times at most: a stylesheet by
// itself, every second, and a script while the console begins with the whole page, after 3, 6 and 12 s. Outside the bundle, so that it
// is there when that is not.
const maxTries = 3;
const key = 'vitrine.reloads';
const isUnloaded = () => document.querySelector('.unloaded') !== null;

/** @param {HTMLLinkElement} link */
function fetchAgain(link) {
  const tries = Number(link.dataset.tries ?? 0);
  if (tries >= maxTries) return;
  const again = /** @type {HTMLLinkElement} */ (link.cloneNode());
  again.dataset.tries = String(tries + 1);
  setTimeout(() => link.replaceWith(again), 1000);
}

function loadAgain() {
  const reloads = Number(sessionStorage.getItem(key) ?? 0);
  if (reloads >= maxTries) return;
  setTimeout(() => {
    if (!isUnloaded()) return;
    sessionStorage.setItem(key, String(reloads + 1));
    location.reload();
  }, 3000 * 2 ** reloads);
}

addEventListener('error', ({ target }) => {
  if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') fetchAgain(target);
  else if (target instanceof HTMLScriptElement && isUnloaded()) loadAgain();
}, { capture: true });

addEventListener('load', () => {
  if (!isUnloaded()) sessionStorage.removeItem(key);
});
