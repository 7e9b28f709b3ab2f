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

/**
 * Read a stream of somebody else's. To pause it is not enough: when a child ends, Node lets its streams flow again whoever paused them,
 * so what comes while a piece is still being used waits its turn.
 */
export function readStream(stream: Readable, onPiece: OnPiece): PieceReader {
  const waiting: Buffer[] = [];
  let [isBusy, isOver] = [false, false];
  let finish: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (finish = resolve));
  const handOn = (): void => {
    for (let piece = waiting[0]; piece && !isBusy; piece = waiting[0]) {
      waiting.shift();
      isBusy = !onPiece(piece);
    }
    if (isBusy) stream.pause();
    else if (isOver) finish();
  };
  stream.on('data', (piece: Buffer) => {
    waiting.push(piece);
    handOn();
  });
  const over = (): void => {
    isOver = true;
    handOn();
  };
  void endOf(stream).then(over);
  const resume = (): void => {
    isBusy = false;
    handOn();
    if (!isBusy) stream.resume();
  };
  return { resume, ended };
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
