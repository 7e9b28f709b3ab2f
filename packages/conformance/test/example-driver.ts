import { open } from 'node:fs/promises';
import { defineDriver, ImageError, isImageError } from '@image-api/driver';
import type { Counters, Driver, Offer, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { fileError } from '@image-api/host';

/** Copies a file piece by piece within this process: slowly if asked to, and it can be paused. */
export function pieces(): Driver {
  return defineDriver({
    specVersion: 1,
    id: 'pieces',
    capabilities: { routes: [{ from: 'file', to: 'file' }], limits: 'live', pause: true, progress: 'bytes' },
    probe: () => Promise.resolve({ available: true, detail: 'part of Node.js' }),
    offer: async (request) => judge(request),
    transfer,
  });
}

/** Judging is pure: it looks at the request alone. */
function judge({ from, to, limits, held, toFormat, driverOptions }: TransferRequest): Offer {
  const [option] = Object.keys(driverOptions);
  if (option !== undefined) throw new ImageError(`pieces has no option ${option}; it takes none`, { code: 'BAD_OPTION', origin: 'caller' });
  if (from.scheme !== 'file' || to.scheme !== 'file') return { accept: false, reason: 'copies within this machine only' };
  if (held !== undefined) return { accept: false, reason: 'always begins at the beginning' };
  if (toFormat !== undefined) return { accept: false, reason: `cannot convert to ${toFormat}` };
  return {
    accept: true,
    seconds: (from.facts.size ?? 0) / Math.min(limits.bandwidth ?? Infinity, 200e6),
    reason: 'piece by piece, no tool needed',
    commands: [],
    ...(limits.bandwidth !== undefined && { limits, charged: 'image' as const }),
  };
}

/** Doing is thin. It writes to `request.to`, into the file that is there, and says whether it has begun to. */
async function transfer(request: TransferRequest, context: TransferContext): Promise<TransferReport> {
  const begun = { writing: false };
  try {
    return { counters: await copy(request, context, begun) };
  } catch (error) {
    throw withUntouched(isImageError(error) ? error : ofFile(error, request), !begun.writing);
  }
}

async function copy({ from, to }: TransferRequest, context: TransferContext, begun: { writing: boolean }): Promise<Counters> {
  const stops = answerControls(context);
  const input = await open(from.path, 'r');
  const output = await open(to.path, 'r+').catch(async (error: unknown) => {
    await input.close();
    throw error;
  });
  const piece = Buffer.alloc(256 * 1024);
  let done = 0;
  try {
    for (;;) {
      const { bytesRead } = await input.read(piece, 0, piece.length, done);
      if (bytesRead === 0) return countersAt(done);
      // Waits for the limit and while the copy is paused, and throws when it was cancelled.
      await context.checkpoint(bytesRead);
      begun.writing = true;
      await output.write(piece, 0, bytesRead, done);
      done += bytesRead;
      context.report(countersAt(done));
    }
  } finally {
    for (const stop of stops) stop();
    await Promise.all([input.close(), output.close()]);
  }
}

/** `checkpoint` does the work; the core only wants to know that it may ask. */
function answerControls(context: TransferContext): (() => void)[] {
  const nothingMore = (): Promise<void> => Promise.resolve();
  return [
    context.onControl('pause', nothingMore),
    context.onControl('resume', nothingMore),
    context.onControl('limits', (limits) => Promise.resolve(limits)),
  ];
}

function countersAt(done: number): Counters {
  return { bytesLogical: done, bytesRead: done, bytesSent: 0, bytesSkipped: 0 };
}

/** Node names the file it failed at, and why: what a user is told of it is the same for all drivers. */
function ofFile(cause: unknown, { from, to }: TransferRequest): ImageError {
  const { code: errno, path, syscall } = cause as NodeJS.ErrnoException;
  const side = path === from.path || syscall === 'read' ? 'source' : 'destination';
  return fileError({ side, host: 'local', path: side === 'source' ? from.path : to.path, action: 'copy', errno, cause });
}

function withUntouched({ message, code, origin, retryable, details, cause }: ImageError, untouched: boolean): ImageError {
  return new ImageError(message, { code, origin, retryable, details, cause, untouched, driver: 'pieces' });
}
