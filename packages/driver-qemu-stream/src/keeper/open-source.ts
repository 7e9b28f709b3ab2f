import { join } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { ImageFormat } from '@image-api/driver';
import { openSftpReader, openWebReader } from '@image-api/host';
import type { RangeReader } from '@image-api/host';
import { serveReader } from '../source/serve-reader.ts';
import { headerFlaw, headerLength } from './header-flaw.ts';
import type { ServeOrder, SourceAt } from './messages.ts';

/** A source that the daemon can open. */
export interface OpenSource {
  readonly at: SourceAt;
  /** Bytes that came from it in all; absent where only the daemon knows. */
  readonly bytesRead: number | undefined;
  /** Why it could not be read the last time; absent where only the daemon knows. */
  readonly failure: ImageError | undefined;
  /**
   * Resolves when it still is what it was at first.
   *
   * @throws ImageError `SOURCE_CHANGED`, or that it cannot be asked
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Open what only we go to, and serve it to the daemon on a socket in the directory: QEMU's own clients follow redirects anywhere, and take
 * secrets in their arguments. What it can open itself is left to it.
 *
 * @param onTrouble told when it went away and is waited for, and, with `undefined`, when it is back
 * @throws ImageError those of the reader; `UNSAFE_IMAGE` when it needs more than itself
 */
export async function openSource(
  { from, sourceLossMs }: Pick<ServeOrder, 'from' | 'sourceLossMs'>,
  directory: string,
  onTrouble: (trouble: ImageError | undefined) => void,
): Promise<OpenSource> {
  const patience = { patienceMs: sourceLossMs, onTrouble };
  if (from.kind === 'web') return serve(await openWebReader(from.href, patience), from.format, directory);
  if (from.kind === 'ssh') return serve(await openSftpReader(from.file, patience), from.format, directory);
  return { at: from, bytesRead: undefined, failure: undefined, check: settled, close: settled };
}

async function serve(reader: RangeReader, format: ImageFormat, directory: string): Promise<OpenSource> {
  try {
    if (format === 'qcow2') insistOnWhole(reader.name, await reader.read(0, Math.min(headerLength, reader.size)));
    const path = join(directory, 'source');
    const server = await serveReader(reader, { path, exportName });
    return {
      at: { kind: 'nbd', at: { path }, exportName, format },
      get bytesRead() {
        return reader.bytesRead;
      },
      get failure() {
        return server.failure;
      },
      check: () => reader.check(),
      close: async () => {
        await server.close();
        await reader.close();
      },
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

const exportName = 'source';

function insistOnWhole(name: string, header: Uint8Array): void {
  const flaw = headerFlaw(header);
  if (flaw !== undefined)
    throw new ImageError(`${name}: ${flaw}`, { code: 'UNSAFE_IMAGE', origin: 'source', driver: 'qemu-stream', untouched: true });
}

async function settled(): Promise<void> {}
