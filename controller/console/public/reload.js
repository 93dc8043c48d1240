// Fetches again what the console could not fetch while it began (a network that changes, a server that starts): a stylesheet by
// itself, anything else with the whole page, three times, after 3, 6 and 12 s. Outside the bundle, so that it is there when that is not.
const key = 'vitrine.reloads';
const isUnloaded = () => document.querySelector('.unloaded') !== null;

/** @param {HTMLLinkElement} link */
function fetchAgain(link) {
  const again = link.cloneNode();
  setTimeout(() => link.replaceWith(again), 1000);
}

function loadAgain() {
  const reloads = Number(sessionStorage.getItem(key) ?? 0);
  if (reloads >= 3) return;
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
