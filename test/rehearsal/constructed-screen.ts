import type { Box, Line, Screen } from '../../controller/rehearsal/screen.ts';

/** A screen of 1000 by 800 pixels with these texts on it, each at its place, letters 10 pixels wide and 20 high. */
export function constructedScreen(...texts: (readonly [text: string, x: number, y: number])[]): Screen {
  const lines: Line[] = texts.map(([text, x, y]) => {
    let left = x;
    return {
      words: text.split(' ').map((word) => {
        const box: Box = { left, top: y, right: left + word.length * 10, bottom: y + 20 };
        left = box.right + 10;
        return { text: word, box };
      }),
    };
  });
  const isWithin = (inner: Box, outer: Box) => inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;
  return {
    width: 1000,
    height: 800,
    lines: () => Promise.resolve(lines),
    readExactly: (box) => Promise.resolve(lines.filter((line) => line.words.every((word) => isWithin(word.box, box))).map((line) => line.words.map((word) => word.text).join(' '))),
  };
}
