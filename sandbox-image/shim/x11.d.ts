/** The part of the `x11` package that the shim uses. */
declare module 'x11' {
  type Done<Value> = (error: Error | null | undefined, value: Value) => void;

  export type XEvent = { readonly name?: string; readonly type: number; readonly wid?: number; readonly message_type?: number; readonly data?: readonly number[] };
  export type Pointer = { readonly rootX: number; readonly rootY: number; readonly keyMask: number };
  export type Property = { readonly type: number; readonly format: number; readonly bytesAfter: number; readonly data: Buffer };
  export type CursorImage = {
    readonly x: number; readonly y: number; readonly width: number; readonly height: number;
    readonly xhot: number; readonly yhot: number; readonly cursorSerial: number; readonly cursorImage: Buffer;
  };
  export type DeviceClass = { readonly type: number; readonly state?: readonly number[] };
  export type Device = { readonly deviceId: number; readonly use: number; readonly classes: readonly DeviceClass[] };

  export type Fixes = { GetCursorImage(done: Done<CursorImage>): void };
  export type XInput = { XIQueryDevice(deviceId: number, done: Done<readonly Device[]>): void; readonly ClassType: { readonly Button: number } };

  export type ResourceExtension = {
    readonly ClientIdMask: { readonly LocalClientPID: number };
    QueryClientIds(specs: readonly { readonly client: number; readonly mask: number }[], done: Done<readonly { readonly mask: number; readonly value: readonly number[] }[]>): void;
  };

  export type XClient = {
    on(event: 'event', listener: (event: XEvent) => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
    on(event: 'end', listener: () => void): void;
    terminate(): void;
    require(name: 'fixes', done: Done<Fixes>): void;
    require(name: 'xinput', done: Done<XInput>): void;
    require(name: 'res', done: Done<ResourceExtension>): void;
    readonly atoms: Readonly<Record<string, number>>;
    InternAtom(onlyIfExists: boolean, name: string, done: Done<number>): void;
    GetProperty(remove: 0 | 1, window: number, property: number, type: number, offset: number, length: number, done: Done<Property>): void;
    GetSelectionOwner(selection: number, done: Done<number>): void;
    QueryTree(window: number, done: Done<{ readonly root: number; readonly parent: number }>): void;
    GetInputFocus(done: Done<{ readonly focus: number }>): void;
    QueryPointer(window: number, done: Done<Pointer>): void;
    QueryKeymap(done: Done<Buffer>): void;
    GetKeyboardMapping(first: number, count: number, done: Done<readonly (readonly number[])[]>): void;
    ChangeKeyboardMapping(first: number, keysymsPerKeycode: number, keysyms: readonly number[]): void;
    ChangeKeyboardControl(values: { readonly autoRepeatMode: 0 | 1 | 2 }): void;
    ChangeWindowAttributes(window: number, values: { readonly eventMask: number }): void;
    SendClientMessage(destination: number, window: number, type: number, format: 8 | 16 | 32, data: readonly number[], eventMask: number): void;
  };
  export type Display = {
    readonly client: XClient;
    readonly min_keycode: number;
    readonly max_keycode: number;
    readonly screen: readonly { readonly root: number; readonly pixel_width: number; readonly pixel_height: number }[];
  };
  const x11: {
    createClient(options: { readonly display: string }, done: Done<Display>): XClient;
    readonly eventMask: Readonly<Record<'SubstructureNotify' | 'PropertyChange', number>>;
  };
  export default x11;
}
