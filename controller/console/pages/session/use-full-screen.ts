import { useEffect, useState } from 'preact/hooks';

/** Keys that a browser keeps for itself in full screen unless it is asked for them. */
type LockableKeyboard = { lock(codes: readonly string[]): Promise<void>; unlock(): void };

export type FullScreen = { readonly isFull: boolean; toggle(): void };

/**
 * The whole screen for one part of a page. The page as such is what fills it, so that questions to a person, dialogs and
 * messages go on appearing over that part. While somebody is in control, Escape goes to the desktop where the browser lets it.
 */
export function useFullScreen(isInControl: boolean): FullScreen {
  const [isFull, setFull] = useState(false);
  useEffect(() => {
    const look = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', look);
    return () => {
      document.removeEventListener('fullscreenchange', look);
      if (document.fullscreenElement !== null) void document.exitFullscreen();
    };
  }, []);
  useEffect(() => {
    const { keyboard } = navigator as Navigator & { readonly keyboard?: LockableKeyboard };
    if (!isFull || !isInControl || keyboard === undefined) return;
    keyboard.lock(['Escape']).catch(() => {}); // Refused to pages without a secure context: Escape then ends the full screen.
    return () => keyboard.unlock();
  }, [isFull, isInControl]);
  return {
    isFull,
    toggle: () => void (document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen()).catch(() => {}), // Refused without a press of a person: the page stays as it is.
  };
}
