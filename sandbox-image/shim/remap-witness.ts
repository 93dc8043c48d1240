import x11, { type RecordExtension, type XClient } from 'x11';

const getKeyboardMapping = 101;
const xkbGetMap = 8;
const mappingKeyboard = 1;
/** A keycode that no keyboard has: the notice about it changes nothing. */
const noticeKeycode = 8;
const answerMs = 1000;

/**
 * Tells when an Xlib client has come to a certain point in its events. It is sent a notice that the keyboard mapping has
 * changed; Xlib answers when the notice's turn comes, by asking the server for the mapping (`XRefreshKeyboardMapping`),
 * and the RECORD extension lets us see it ask. Real changes are answered alike, so after one let the client come to rest
 * first: from then on the first question answers the notice, and all events before it have been handled.
 */
export type RemapWitness = Disposable & {
  /**
   * Waits until the owner of `window` has asked for the mapping and then been silent for `restMs`.
   * False if it does not ask within a second: then it is no Xlib client, or it hangs.
   */
  asked(window: number, restMs: number, signal: AbortSignal): Promise<boolean>;
};

/** Opens the two connections that recording takes. Rejects if the server lacks RECORD or XKB. */
export async function openRemapWitness(display: string): Promise<RemapWitness> {
  const control = await connect(display);
  const data = await connect(display);
  const record = await extension<RecordExtension>((done) => control.require('record', done));
  const recording = await extension<RecordExtension>((done) => data.require('record', done));
  const { majorOpcode } = await extension<{ majorOpcode: number }>((done) => control.require('xkb', done));
  const ranges = [
    { coreRequests: { first: getKeyboardMapping, last: getKeyboardMapping } },
    { extRequests: { major: { first: majorOpcode, last: majorOpcode }, minor: { first: xkbGetMap, last: xkbGetMap } } },
  ];
  return {
    async asked(window, restMs, signal) {
      const waited = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      let rest: NodeJS.Timeout | undefined;
      const stop = () => resolve(rest !== undefined);
      waited.addEventListener('abort', stop, { once: true });
      const context = control.AllocID();
      record.CreateContext(context, 0, [window], ranges);
      const ended = new Promise<void>((done) => {
        recording.EnableContext(context, (reply) => {
          if (reply.category === recording.Category.StartOfData) {
            control.SendEvent(window, 0, 0, { name: 'MappingNotify', seq: 0, request: mappingKeyboard, firstKeyCode: noticeKeycode, count: 1 });
          } else if (reply.category === recording.Category.FromClient) {
            clearTimeout(rest);
            rest = setTimeout(() => resolve(true), restMs);
          }
        }, () => done());
      });
      const hasAsked = await promise;
      clearTimeout(rest);
      waited.removeEventListener('abort', stop);
      record.DisableContext(context);
      record.FreeContext(context);
      await ended;
      return hasAsked;
    },
    [Symbol.dispose]() {
      control.terminate();
      data.terminate();
    },
  };
}

function connect(display: string): Promise<XClient> {
  return new Promise((resolve, reject) => {
    const client = x11.createClient({ display }, (error, opened) => (error ? reject(error) : resolve(opened.client)));
    client.on('error', reject); // after the connection stands: a protocol error (the window is gone) ends as no answer
  });
}

function extension<Value>(request: (done: (error: Error | null | undefined, value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => request((error, value) => (error ? reject(error) : resolve(value))));
}
