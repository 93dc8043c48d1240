/**
 * Bounds that both ends of the wire hold each other to. Whoever receives more closes the connection.
 * The values bound memory per desktop on the controller: one message at a time, none larger than `maxMessageBytes`.
 */
export const limits = {
  /** One WebSocket message: the largest lossless frame (8 MiB) plus its header, or one file chunk. */
  maxMessageBytes: 12 * 1024 * 1024,
  /** The JSON part of a message. */
  maxHeaderBytes: 256 * 1024,
  /** One encoded image. */
  maxImageBytes: 8 * 1024 * 1024,
  /** Width of a thumbnail in pixels. */
  maxThumbnailWidth: 320,
  /** One chunk of a file on the wire. */
  maxChunkBytes: 256 * 1024,
  /** A file put into, or taken out of, a desktop. */
  maxFileBytes: 256 * 1024 * 1024,
  /** Text of one `type` action, in characters (code points). */
  maxTextCharacters: 20_000,
  /** Text on the clipboard, in bytes of UTF-8. */
  maxClipboardBytes: 64 * 1024,
  /** Points of one drag. */
  maxPathPoints: 200,
  /** Keys held together in one chord. */
  maxChordKeys: 8,
  /** Repetitions of one chord. */
  maxKeyRepeat: 100,
  /** Wheel notches of one scroll, in each direction. */
  maxScrollNotches: 100,
  /** `wait` and `hold`. */
  maxWaitMs: 300_000,
  /** Actions in one turn of a model or one request of a caller. */
  maxActionsPerTurn: 64,
  /** Display edges in pixels. */
  minDisplayEdge: 320,
  maxDisplayEdge: 4096,
  /** Arguments of one program, and the bytes of all of them. */
  maxArguments: 256,
  maxArgumentBytes: 128 * 1024,
  /** Output kept of one program, standard output and error together. */
  maxProgramOutputBytes: 8 * 1024 * 1024,
  /** Longest time one program may run. */
  maxProgramMs: 3_600_000,
  /** Title and application of a window, in UTF-16 units. */
  maxWindowTitleCharacters: 256,
  maxApplicationCharacters: 64,
  /** Ids of the ledger. */
  maxIdCharacters: 160,
} as const;
