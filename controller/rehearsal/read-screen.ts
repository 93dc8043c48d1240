import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createWorker, PSM } from 'tesseract.js';
import type { Page, Worker } from 'tesseract.js';
import type { Box, Line, Screen } from './screen.ts';

/** Reads pictures of screens. Owns a thread, started with the first reading. */
export interface ScreenReader extends AsyncDisposable {
  /** Throws for what is no picture. */
  open(picture: Buffer): Promise<Screen>;
}

/** How letters are told from their background (tesseract's `thresholding_method`): one limit for all, or one for each neighbourhood. */
const thresholds = { global: '0', tiled: '1', sauvola: '2' } as const;

/** One way to look at a whole screen. */
type Look = { readonly scale: number; readonly mode: PSM; readonly threshold: keyof typeof thresholds; readonly isNegative: boolean };

/** Letters of a screen are too small for tesseract as they are: twice the size finds them. */
const plainLook: Look = { scale: 2, mode: PSM.SPARSE_TEXT, threshold: 'global', isNegative: false };
/** Tooltips, titles and panels, light on dark and dark on middling, want other ways. */
const looks: readonly Look[] = [plainLook, { ...plainLook, threshold: 'sauvola', isNegative: true }, { ...plainLook, threshold: 'tiled' }];
/**
 * Sizes at which a part is read, until two agree. Of 100 nine-digit numbers in the terminal's font each of the first three
 * read every one, while three and four times the size misread the same few alike: those are for parts too large for more.
 */
const exactScales = [2, 5, 6, 3, 4] as const;
const maxEnlargedPixels = 24_000_000;

/** A reader with tesseract and its English data, both from packages: nothing is fetched. */
export function createScreenReader(): ScreenReader {
  let worker: Promise<Worker> | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  /* One recognition at a time: its mode is a setting of the worker. */
  function recognize(image: Buffer, look: Look): Promise<Page> {
    const turn = queue.then(async () => {
      worker ??= startWorker();
      const running = await worker;
      await running.setParameters({ tessedit_pageseg_mode: look.mode, user_defined_dpi: String(96 * look.scale), thresholding_method: thresholds[look.threshold] });
      return (await running.recognize(image, {}, { text: true, blocks: true })).data;
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  return {
    open: (picture) => openScreen(picture, recognize),
    async [Symbol.asyncDispose]() {
      await queue;
      await (await worker)?.terminate();
      worker = undefined;
    },
  };
}

function startWorker(): Promise<Worker> {
  const data = dirname(fileURLToPath(import.meta.resolve('@tesseract.js-data/eng/package.json')));
  return createWorker('eng', 1, { langPath: join(data, '4.0.0_best_int'), gzip: true, cacheMethod: 'none' });
}

type Recognize = (image: Buffer, look: Look) => Promise<Page>;

async function openScreen(picture: Buffer, recognize: Recognize): Promise<Screen> {
  const { width, height } = await sharp(picture).metadata();
  const whole: Box = { left: 0, top: 0, right: width, bottom: height };
  const seen = new Map<Look, Promise<readonly Line[]>>();

  async function lookAtAll(look: Look): Promise<readonly Line[]> {
    const image = await enlarged(picture, whole, look.scale);
    return linesOf(await recognize(look.isNegative ? await negative(image) : image, look), look.scale);
  }

  async function readAt(box: Box, scale: number): Promise<readonly string[]> {
    const page = await recognize(await rimmed(await enlarged(picture, inside(box, whole), scale)), { ...plainLook, scale, mode: PSM.SINGLE_BLOCK });
    return page.text.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' ')).filter((line) => line !== '');
  }

  return {
    width,
    height,
    lines(attempt) {
      const way = looks[attempt % looks.length] ?? plainLook;
      const known = seen.get(way) ?? lookAtAll(way);
      seen.set(way, known);
      return known;
    },
    async readExactly(box) {
      const readings = new Map<string, readonly string[]>();
      const size = (box.right - box.left) * (box.bottom - box.top);
      for (const scale of exactScales.filter((one) => one === 2 || size * one * one <= maxEnlargedPixels)) {
        const lines = await readAt(box, scale);
        const text = lines.join('\n');
        if (text !== '' && readings.has(text)) return lines;
        readings.set(text, lines);
      }
      return null;
    },
  };
}

/** Pixels that are added around a part, like its edge: letters at the very edge are lost otherwise. */
const rim = 12;

/** The part of a box that lies on the picture, in whole pixels, at least one of each. */
function inside(box: Box, whole: Box): Box {
  const left = Math.min(Math.max(0, Math.floor(box.left)), whole.right - 1);
  const top = Math.min(Math.max(0, Math.floor(box.top)), whole.bottom - 1);
  return { left, top, right: Math.min(Math.max(left + 1, Math.ceil(box.right)), whole.right), bottom: Math.min(Math.max(top + 1, Math.ceil(box.bottom)), whole.bottom) };
}

/** One part of a picture, in whole pixels, enlarged, in grey. */
async function enlarged(picture: Buffer, box: Box, scale: number): Promise<Buffer> {
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  return sharp(picture)
    .extract({ left: box.left, top: box.top, width, height })
    .removeAlpha()
    .greyscale()
    .resize(width * scale, height * scale, { kernel: 'cubic' })
    .png({ compressionLevel: 1, adaptiveFiltering: false })
    .toBuffer();
}

async function negative(image: Buffer): Promise<Buffer> {
  return sharp(image).negate().png({ compressionLevel: 1 }).toBuffer();
}

async function rimmed(part: Buffer): Promise<Buffer> {
  return sharp(part).extend({ top: rim, bottom: rim, left: rim, right: rim, extendWith: 'copy' }).png({ compressionLevel: 1 }).toBuffer();
}

function linesOf(page: Page, scale: number): Line[] {
  const lines = (page.blocks ?? []).flatMap((block) => block.paragraphs.flatMap((paragraph) => paragraph.lines));
  return lines.flatMap((line) => {
    const words = line.words.filter((word) => word.text.trim() !== '').map((word) => ({
      text: word.text.trim(),
      box: { left: word.bbox.x0 / scale, top: word.bbox.y0 / scale, right: word.bbox.x1 / scale, bottom: word.bbox.y1 / scale },
    }));
    return words.length > 0 ? [{ words }] : [];
  });
}
