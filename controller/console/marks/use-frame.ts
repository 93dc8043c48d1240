import { useEffect, useState } from 'preact/hooks';
import { ApiFailure } from '../api/api-failure.ts';
import { request } from '../api/client.ts';
import type { Size, Spot } from './shape.ts';

/** A kept frame: its picture and what it shows. */
export type ShownFrame = { readonly url: string; readonly display: Size; readonly pointer: Spot };
export type FrameState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'shown'; readonly frame: ShownFrame }
  /** `why` in words: removed to make room, never kept, or not to be fetched. */
  | { readonly kind: 'missing'; readonly why: string };

/** A kept frame of a run; null asks for nothing. What was fetched is let go when another one is asked for. */
export function useFrame(runId: string, frameId: string | null): FrameState {
  const [state, setState] = useState<FrameState>({ kind: 'loading' });
  useEffect(() => {
    if (frameId === null) {
      setState({ kind: 'missing', why: 'No frame was captured before this.' });
      return undefined;
    }
    const stop = new AbortController();
    let url: string | null = null;
    setState({ kind: 'loading' });
    fetchFrame(runId, frameId, stop.signal).then((frame) => {
      url = frame.url;
      if (stop.signal.aborted) URL.revokeObjectURL(url);
      else setState({ kind: 'shown', frame });
    }, (reason: unknown) => {
      if (!stop.signal.aborted) setState({ kind: 'missing', why: ApiFailure.from(reason).message });
    });
    return () => {
      stop.abort();
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [runId, frameId]);
  return state;
}

async function fetchFrame(runId: string, frameId: string, signal: AbortSignal): Promise<ShownFrame> {
  const response = await request('GET /api/runs/{id}/frames/{frameId}', { params: { id: runId, frameId } }, { signal });
  const { display, pointer } = JSON.parse(response.headers.get('x-vitrine-frame') ?? '{}') as { readonly display?: Size; readonly pointer?: Spot };
  const picture = await response.blob();
  if (display === undefined || pointer === undefined) throw new ApiFailure('internal', 'the picture came without saying what it shows');
  return { url: URL.createObjectURL(picture), display, pointer };
}
