import { once } from 'node:events';
import { ImageError } from '@image-api/driver';
import type { TransferContext } from '@image-api/driver';
import { openSource } from '../../keeper/open-source.ts';
import type { OpenSource } from '../../keeper/open-source.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import type { Place, RemotePlace } from './convert-way.ts';

/**
 * Have what only we go to served to QEMU at a private socket.
 *
 * @throws ImageError those of the reader, whose words are better than QEMU's; SOURCE_CHANGED when it was another at the end
 */
export async function withServed<T>(
  { source: from }: RemotePlace,
  { scratchDir, signal, env }: TransferContext,
  { sourceLossMs }: Settings,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  const opening = openSource({ from, sourceLossMs }, scratchDir, (trouble) => {
    if (trouble) env.logger.warn(trouble.message);
  });
  const source = await unlessAborted(opening, signal);
  try {
    if (source.at.kind !== 'nbd') throw new Error('it is not served');
    const answer = await work({ kind: 'nbd', address: source.at.at, exportName: source.at.exportName });
    await source.check();
    return answer;
  } catch (error) {
    throw (signal.aborted ? undefined : source.failure) ?? error;
  } finally {
    await source.close();
  }
}

/** Nobody waits for a server that does not answer once the copy is cancelled. */
async function unlessAborted(opening: Promise<OpenSource>, signal: AbortSignal): Promise<OpenSource> {
  const settled = new AbortController();
  const aborted = once(signal, 'abort', { signal: settled.signal }).then(cancelled, () => opening);
  try {
    if (signal.aborted) cancelled();
    return await Promise.race([opening, aborted]);
  } catch (error) {
    void opening.then((source) => source.close()).catch(() => undefined);
    throw error;
  } finally {
    settled.abort();
  }
}

function cancelled(): never {
  throw new ImageError('cancelled', { code: 'CANCELLED', origin: 'caller', driver: 'qemu-stream', untouched: true });
}
