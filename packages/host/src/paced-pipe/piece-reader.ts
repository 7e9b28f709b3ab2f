import { createReadStream } from 'node:fs';
import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';
import type { Readable } from 'node:stream';

/** What is done with a piece. True: done, and more may come. False: it is still being used, and nothing comes until `resume()`. */
export type OnPiece = (piece: Uint8Array) => boolean;

/** Something that is read piece by piece, as fast as the pieces are dealt with. */
export interface PieceReader {
  resume(): void;
  /** Resolves when there is nothing more. Never rejects: what cannot be read any more has ended. */
  readonly ended: Promise<void>;
}

/** The kernel gives no more at once through a pipe or a socket between processes. */
const pieceBytes = 256 * 1024;

/** Read a descriptor of ours: sockets and pipes into one buffer over and over, anything else as a stream. */
export function readDescriptor(descriptor: number, onPiece: OnPiece): PieceReader {
  try {
    return readSocket(descriptor, onPiece);
  } catch {
    // A plain file, or /dev/null.
    return readStream(createReadStream('', { fd: descriptor, highWaterMark: pieceBytes }), onPiece);
  }
}

/** Read a stream of somebody else's. */
export function readStream(stream: Readable, onPiece: OnPiece): PieceReader {
  stream.on('data', (piece: Buffer) => {
    if (!onPiece(piece)) stream.pause();
  });
  return { resume: () => void stream.resume(), ended: endOf(stream) };
}

function readSocket(descriptor: number, onPiece: OnPiece): PieceReader {
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(pieceBytes),
    callback: (length, buffer) => onPiece(buffer.subarray(0, length)),
  };
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { fd: descriptor, readable: true, writable: false, onread };
  const socket = new Socket(options);
  socket.resume();
  return { resume: () => void socket.resume(), ended: endOf(socket) };
}

function endOf(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('error', () => resolve());
    stream.once('close', resolve);
  });
}
