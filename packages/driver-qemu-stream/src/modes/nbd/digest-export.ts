import { createHash } from 'node:crypto';
import type { Digest } from '@image-api/driver';
import type { NbdClient } from './nbd-client.ts';

const pieceLength = 2 ** 20;
/** Enough to fill a link on which an answer takes a while. */
const underWay = 8;

/**
 * The digest of an export, or of its first `length` bytes.
 *
 * @param checkpoint waited for before each piece is asked for
 */
export async function digestExport(
  client: Pick<NbdClient, 'read'>,
  length: number,
  checkpoint: (bytes: number) => Promise<void>,
): Promise<Digest> {
  const hash = createHash('sha256');
  const waiting: Promise<Buffer>[] = [];
  for (let offset = 0; offset < length || waiting.length > 0;) {
    if (offset < length && waiting.length < underWay) {
      const bytes = Math.min(pieceLength, length - offset);
      await checkpoint(bytes);
      const asked = client.read(offset, bytes);
      // It is looked at in its turn; until then its failure is nobody's surprise.
      asked.catch(() => undefined);
      waiting.push(asked);
      offset += bytes;
    } else hash.update((await waiting.shift()) ?? Buffer.alloc(0));
  }
  return `sha256:${hash.digest('hex')}`;
}
