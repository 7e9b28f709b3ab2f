import type { IncomingMessage } from 'node:http';
import { connectionFailure, silence, wrongAnswer } from './web-error.ts';

/** Slower than that a server is not waited for: bytes per second. */
const slowest = 1024;

/** Where bytes go, and how many are there. */
export interface Filling {
  readonly bytes: Uint8Array;
  filled: number;
}

/** How long to wait, and until when. */
export interface Receiving {
  /** For messages. */
  readonly name: string;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/**
 * Take in what an answer holds, until all is filled. What came stays, however it ends.
 *
 * @throws ImageError retryable when the connection was lost or too little came, `READ_FAILED` when there is more than there is room for
 */
export function receiveBody(response: IncomingMessage, into: Filling, { name, silenceMs, signal }: Receiving): Promise<void> {
  const startedAt = performance.now();
  const longestMs = silenceMs + ((into.bytes.length - into.filled) / slowest) * 1000;
  let lastAt = startedAt;
  return new Promise((resolve, reject) => {
    const end = (): void => void response.destroy(new Error('given up'));
    const watch = setInterval(
      () => {
        const now = performance.now();
        if (now - lastAt > silenceMs || now - startedAt > longestMs) response.destroy(silence(name, silenceMs));
      },
      Math.min(1000, silenceMs / 4),
    );
    signal.addEventListener('abort', end);
    response.on('data', (piece: Buffer) => {
      lastAt = performance.now();
      const room = into.bytes.length - into.filled;
      if (piece.length > room) response.destroy(wrongAnswer(name, 'it sends more than it was asked for'));
      else into.bytes.set(piece, into.filled);
      into.filled += Math.min(piece.length, room);
    });
    let failure: unknown;
    response.once('error', (error) => (failure = error));
    response.once('close', () => {
      clearInterval(watch);
      signal.removeEventListener('abort', end);
      if (!failure && into.filled === into.bytes.length) resolve();
      else reject(connectionFailure(name, failure ?? new Error('it ended too early')));
    });
    if (signal.aborted) end();
  });
}
