import type { Page } from 'playwright-core';

/** Size and digest of the pixels that a film on the page shows, once it shows the frame with this id. */
export async function shownPixels(page: Page, frameId: string, within = 'figure'): Promise<string> {
  const canvas = page.locator(`${within} canvas[data-frame="${frameId}"]`).first();
  await canvas.waitFor();
  return canvas.evaluate(async (element) => {
    const { width, height } = element as HTMLCanvasElement;
    const pixels = (element as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
    return `${width}x${height} ${new Uint8Array(await crypto.subtle.digest('SHA-256', pixels)).toHex()}`;
  });
}

/** The same of a picture's bytes, decoded by the same browser but not by the page's code. */
export async function picturePixels(page: Page, picture: Buffer, type = 'image/png'): Promise<string> {
  return page.evaluate(async ({ bytes, type }) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.fromBase64(bytes)], { type }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context?.drawImage(bitmap, 0, 0);
    const pixels = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
    return `${bitmap.width}x${bitmap.height} ${new Uint8Array(await crypto.subtle.digest('SHA-256', pixels)).toHex()}`;
  }, { bytes: picture.toString('base64'), type });
}
