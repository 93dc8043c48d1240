import { request } from '../../api/client.ts';
import type { Film } from '../../film/film.ts';

/** What a run takes as one HTML page, about, in bytes: pictures are written as base64, four characters for three bytes. */
export function exportSize(film: Film): number {
  const pictures = Object.values(film.frames).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Math.round((pictures * 4) / 3 + JSON.stringify(film).length + pageBytes);
}

const pageBytes = 60_000;
const exportTimeoutMs = 600_000;

/** Fetches a run as one HTML page, and saves it. `onProgress` is told how many bytes have come. Rejects with ApiFailure. */
export async function exportReplay(runId: string, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  const response = await request('GET /api/runs/{id}/replay', { params: { id: runId } }, { signal, timeoutMs: exportTimeoutMs });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  if (response.body !== null) {
    for await (const part of response.body) {
      parts.push(part);
      bytes += part.length;
      onProgress(bytes);
    }
  }
  const url = URL.createObjectURL(new Blob(parts, { type: 'text/html' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${runId}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
