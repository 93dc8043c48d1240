import RFB from '@novnc/novnc';
import type { Opened, OpenPicture } from './picture-link.ts';

/** A live picture with its input. */
export type Screen = {
  focus(): void;
  /** Lets go of the modifiers that the desktop may believe to be held. */
  releaseModifiers(): void;
};

export type ScreenOptions = {
  readonly desktopId: string;
  readonly mode: 'view' | 'control';
  /** Where it is drawn; it belongs to the picture until it is closed. */
  readonly target: HTMLElement;
  readonly onScreen: (screen: Screen) => void;
  readonly onClipboard: (text: string) => void;
};

/** Keysyms and codes of the modifiers, left and right. */
const modifiers = [[0xffe3, 'ControlLeft'], [0xffe4, 'ControlRight'], [0xffe9, 'AltLeft'], [0xffea, 'AltRight'], [0xffe1, 'ShiftLeft'], [0xffe2, 'ShiftRight'], [0xffeb, 'MetaLeft'], [0xffec, 'MetaRight']] as const;

/** How live pictures of a desktop are opened: RFB over a WebSocket, shown by noVNC. */
export function openPictureOf({ desktopId, mode, target, onScreen, onClipboard }: ScreenOptions): OpenPicture {
  return (ticket, on): Opened => {
    const url = new URL(`/api/desktops/${encodeURIComponent(desktopId)}/view`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, ['vitrine.v1', `ticket.${ticket}`]);
    let isOver = false;
    // Before noVNC learns of it, which takes a connection that ends early for a fault worth a message on the console.
    socket.addEventListener('close', ({ code, reason }) => {
      end();
      on.closed(code, reason);
    });
    const room = document.createElement('div');
    room.className = target.dataset['room'] ?? '';
    target.append(room);
    const rfb = new RFB(room, socket, { shared: true });
    rfb.viewOnly = mode === 'view';
    rfb.scaleViewport = true;
    rfb.focusOnClick = mode === 'control';
    rfb.background = 'transparent';
    rfb.qualityLevel = 8;
    rfb.compressionLevel = 1;
    rfb.addEventListener('clipboard', (event) => onClipboard((event as CustomEvent<{ text: string }>).detail.text));
    const canvas = room.querySelector('canvas');
    canvas?.setAttribute('aria-label', mode === 'control' ? 'The desktop: your keyboard and mouse go there' : 'The desktop, live');
    canvas?.setAttribute('role', mode === 'control' ? 'application' : 'img');
    const look = () => {
      if (isOver || canvas === null) return;
      if (!isPainted(canvas)) return void requestAnimationFrame(look);
      performance.mark('vitrine.picture');
      for (const older of [...target.children].filter((each) => each !== room)) older.remove();
      on.picture();
      onScreen({
        focus: () => rfb.focus(),
        releaseModifiers: () => {
          for (const [keysym, code] of modifiers) rfb.sendKey(keysym, code, false);
        },
      });
    };
    rfb.addEventListener('connect', look);
    /** What was seen last stays until another picture takes its place. */
    const end = () => {
      if (isOver) return;
      isOver = true;
      rfb.disconnect();
      freeze(room, canvas);
    };
    return { close: end };
  };
}

/** Whether anything has been drawn: a canvas begins transparent, and a desktop never is. */
function isPainted(canvas: HTMLCanvasElement): boolean {
  if (canvas.width === 0 || canvas.height === 0 || probe === null) return false;
  probe.clearRect(0, 0, 1, 1);
  probe.drawImage(canvas, canvas.width >> 1, canvas.height >> 1, 1, 1, 0, 0, 1, 1);
  return (probe.getImageData(0, 0, 1, 1).data[3] ?? 0) > 0;
}

/** One pixel to look at: reading from the picture itself would make the browser keep that out of the graphics card. */
const probe = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });

/** Keeps a copy of the last picture in the room that the closed connection leaves. */
function freeze(room: HTMLElement, canvas: HTMLCanvasElement | null): void {
  if (canvas === null || canvas.width === 0 || !room.isConnected) return room.remove();
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext('2d')?.drawImage(canvas, 0, 0);
  copy.dataset['frozen'] = '';
  room.replaceChildren(copy);
}
