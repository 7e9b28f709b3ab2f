import type { OnReadOpts, Socket } from 'node:net';

/** What is read from a connection at once, in bytes: more than Node takes by itself, so by fewer turns of its loop. */
const gulpLength = 131_072;
let memory: Uint8Array | undefined;
/** Who takes what comes over a connection from now on, in place of the parser of answers. */
const takers = new WeakMap<Socket, (bytes: Uint8Array) => void>();
const gulping = new WeakSet<Socket>();

/**
 * For connections of `node:http`: read into memory that is used again and again, of all of them the same. It is handed on before anything else
 * is read: to the parser of answers, which makes a copy of what it keeps, or to who is told below.
 */
export const readInGulps: OnReadOpts = {
  buffer: () => (memory ??= Buffer.allocUnsafeSlow(gulpLength)),
  callback(this: Socket, length: number, bytes: Uint8Array): boolean {
    gulping.add(this);
    const piece = bytes.subarray(0, length);
    const take = takers.get(this);
    if (take) take(piece);
    else this.emit('data', piece);
    return true;
  },
};

/** Whether what comes over a connection can be taken past the parser of answers. */
export function canTakeOver(socket: Socket): boolean {
  return gulping.has(socket);
}

/**
 * Take what comes over a connection past the parser of answers, which saves a copy of each byte. The connection is of no use to anybody afterwards.
 *
 * @param take given memory that is used again as soon as it returns
 */
export function takeOver(socket: Socket, take: (bytes: Uint8Array) => void): void {
  takers.set(socket, take);
}
