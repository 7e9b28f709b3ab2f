import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ImageError, isImageError } from '@image-api/driver';
import type { Capabilities, Counters, Digest, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { fileError } from '@image-api/host';
import type { Side } from '@image-api/host';
import { serveNbd } from './nbd-server.ts';

const pieceLength = 256 * 1024;

export interface PiecewiseCopy {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly claims: Capabilities;
  /** The whole image, where it is near already. */
  readonly cached?: Buffer | undefined;
}

/** Copy an image piece by piece within this process, doing all that is claimed and nothing else. */
export async function copyPiecewise(job: PiecewiseCopy): Promise<TransferReport> {
  const { request, context } = job;
  let untouched = true;
  await using from = await opened(request.from.path, 'r', 'source');
  await using to = await opened(request.to.path, 'r+', 'destination');
  try {
    await context.checkpoint(0);
    const { size } = await from.stat();
    untouched = false;
    if (request.held === undefined) await to.truncate(0);
    await to.truncate(size);
    const counters = await fill(job, from, to, size);
    return { counters, ...(job.claims.hashes && request.verify === 'sha256' && (await digestOf(from, size))) };
  } catch (error) {
    throw asImageError(error, request, untouched);
  }
}

async function digestOf(from: FileHandle, size: number): Promise<Pick<TransferReport, 'fromDigest' | 'writtenDigest'>> {
  const bytes = Buffer.alloc(size);
  await from.read(bytes, 0, size, 0);
  const fromDigest: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { fromDigest, writtenDigest: fromDigest };
}

async function fill(job: PiecewiseCopy, from: FileHandle, to: FileHandle, size: number): Promise<Counters> {
  const { context, claims, request, cached } = job;
  await announce(job, from, size);
  const stops = registerControls(job);
  const [piece, old, zeros] = [Buffer.alloc(pieceLength), Buffer.alloc(pieceLength), Buffer.alloc(pieceLength)];
  let counters: Counters = { bytesLogical: 0, bytesRead: 0, bytesSent: 0, bytesSkipped: 0 };
  try {
    for (let at = 0; at < size; at += pieceLength) {
      const length = Math.min(pieceLength, size - at);
      if (cached) cached.copy(piece, 0, at, at + length);
      else await from.read(piece, 0, length, at);
      if (request.held !== undefined) await to.read(old, 0, length, at);
      const alike = request.held === undefined ? zeros : old;
      const mayskip = request.held !== undefined || claims.sparse === true;
      const skip = mayskip && piece.compare(alike, 0, length, 0, length) === 0;
      await context.checkpoint(skip ? 0 : length);
      if (!skip) await to.write(piece, 0, length, at);
      counters = counted(counters, length, { skip, near: cached !== undefined });
      if (claims.progress === 'bytes') context.report(counters);
    }
    return counters;
  } finally {
    for (const stop of stops) stop();
  }
}

function counted(counters: Counters, length: number, { skip, near }: { skip: boolean; near: boolean }): Counters {
  return {
    bytesLogical: counters.bytesLogical + length,
    bytesRead: counters.bytesRead + (near ? 0 : length),
    bytesSent: counters.bytesSent + (skip || near ? 0 : length),
    bytesSkipped: counters.bytesSkipped + (skip || near ? length : 0),
  };
}

/** Whatever has arrived and whatever has not, the source has it. */
async function announce({ context, claims, request }: PiecewiseCopy, from: FileHandle, size: number): Promise<void> {
  if (!claims.readyEarly) return;
  const source = await open(request.from.path, 'r');
  const read = async (at: number, length: number): Promise<Uint8Array> => (await source.read(Buffer.alloc(length), 0, length, at)).buffer;
  const { uri, close } = await serveNbd({ size, read });
  const release = async (): Promise<void> => {
    await close();
    await source.close();
  };
  context.ready({ uri, format: 'raw', writable: false, release });
}

/** `checkpoint` pauses and paces; the core only wants to be told that it may. */
function registerControls({ context, claims }: PiecewiseCopy): (() => void)[] {
  const nothing = (): Promise<void> => Promise.resolve();
  return [
    ...(claims.pause ? [context.onControl('pause', nothing), context.onControl('resume', nothing)] : []),
    ...(claims.limits === 'live' ? [context.onControl('limits', (limits) => Promise.resolve(limits))] : []),
  ];
}

async function opened(path: string, flags: string, side: Side): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    throw untouchedError(fileFailure(error, path, side));
  }
}

function fileFailure(cause: unknown, path: string, side: Side): ImageError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return fileError({ side, host: 'local', path, action: side === 'source' ? 'read' : 'write', errno: code, said: message, cause });
}

function asImageError(error: unknown, request: TransferRequest, untouched: boolean): ImageError {
  if (!isImageError(error)) return fileFailure(error, request.to.path, 'destination');
  return untouched ? untouchedError(error) : error;
}

function untouchedError({ message, code, origin, retryable, details, cause }: ImageError): ImageError {
  return new ImageError(message, { code, origin, retryable, details, cause, untouched: true });
}
