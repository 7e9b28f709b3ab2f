/** Numbers of the NBD protocol, as far as a server that only lets read needs them. */
export const greeting: Buffer = Buffer.from('NBDMAGICIHAVEOPT');
export const optionMagic = 0x49484156454f5054n;
export const optionReplyMagic = 0x0003e889045565a9n;
export const requestMagic = 0x25609513;
export const simpleReplyMagic = 0x67446698;
export const chunkMagic = 0x668e33ef;

/** Of the server, and of the client that takes them up: the newer haggling, and no padding. */
export const handshake = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const option = {
  exportName: 1,
  abort: 2,
  list: 3,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
} as const;

/** Refusals have the highest bit. */
export const optionReply = {
  acknowledged: 1,
  server: 2,
  information: 3,
  metaContext: 4,
  unsupported: 0x80000001,
  invalid: 0x80000003,
  unknown: 0x80000006,
  tooBig: 0x80000009,
} as const;

export const information = { export: 0, blockSize: 3 } as const;

export const command = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, cache: 5, writeZeroes: 6, blockStatus: 7 } as const;
export const commandFlag = { dontFragment: 4, onlyOne: 8 } as const;
export const chunk = { none: 0, data: 1, hole: 2, blockStatus: 5, error: 0x8001 } as const;
export const chunkDone = 1;

/** As the protocol numbers them, which is as Linux does. */
export const errno = { notPermitted: 1, inputOutput: 5, invalid: 22, tooLong: 75, shuttingDown: 108 } as const;

/** Has flags, read only, takes flush, takes "do not fragment", looks the same on all connections, takes cache. */
export const transmissionFlags: number = 1 | 2 | 4 | 128 | 256 | 1024;

/** What `base:allocation` says of a hole: not there, and reads as zeros. */
export const holeAndZero = 3;
export const allocationContext = 'base:allocation';
export const allocationId = 1;

/** The longest piece anybody may ask for at once. */
export const longestRead: number = 32 * 1024 * 1024;
