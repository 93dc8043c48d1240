/** For so long after a question has appeared, or moved, nothing decides it: a press may have been meant for what was there before. */
export const restMs = 700;
