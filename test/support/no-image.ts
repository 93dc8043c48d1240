import { VitrineError } from '../../controller/errors.ts';
import type { DesktopImages } from '../../controller/desktops/desktop-image.ts';

const refused = (): Promise<never> => Promise.reject(new VitrineError('engine_unavailable', 'there is no engine here'));

/** An image that nobody can be asked about. */
export const noImage: DesktopImages = { look: refused, build: refused, cancel: refused, worthWaiting: () => Promise.resolve(undefined) };
