/** The top of a question is seen where as much of it is in the window as a line takes. */
const linePx = 20;

/**
 * Whether a question is where a person sees it: its two answers, and what is asked, by its title or its grounds. Seen is what is drawn,
 * within the window, and under nothing else.
 */
export function isInSight(approvalId: string): boolean {
  const { article, answers } = partsOf(approvalId);
  if (article === null || answers === null || !isHit(answers, answers.getBoundingClientRect())) return false;
  return [...article.querySelectorAll('h2, [data-grounds]')].some(isPartlySeen);
}

/** Brings a question that is on the page back into the window, from its beginning; then its answers, where they are not there yet. */
export function bringIntoSight(approvalId: string): void {
  const { article, answers } = partsOf(approvalId);
  article?.scrollIntoView({ block: 'start', behavior: 'instant' });
  if (answers !== null && !isHit(answers, answers.getBoundingClientRect())) answers.scrollIntoView({ block: 'nearest', behavior: 'instant' });
}

function partsOf(approvalId: string) {
  const answers = document.querySelector(`[data-approval="${CSS.escape(approvalId)}"] [data-decision]`);
  return { answers, article: answers?.closest('[data-approval]') ?? null };
}

function isPartlySeen(element: Element): boolean {
  const box = element.getBoundingClientRect();
  const left = Math.max(0, box.left);
  const top = Math.max(0, box.top);
  const width = Math.min(innerWidth, box.right) - left;
  const height = Math.min(innerHeight, box.bottom) - top;
  return width > 0 && height >= Math.min(linePx, box.height) && isHit(element, { left, top, width, height });
}

/** Whether what is drawn in the middle of this box is the element. */
function isHit(element: Element, { left, top, width, height }: Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>): boolean {
  return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}
