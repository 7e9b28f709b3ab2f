import { ImageError, isImageError } from '@image-api/driver';
import type { Endpoint } from '@image-api/driver';
import { openWebReader } from '@image-api/host';
import type { RangeReader } from '@image-api/host';
import { examineImage } from '@image-api/image-format';
import type { Verdict } from '@image-api/image-format';
import type { LookOptions, SourceLook } from './look.ts';
import { onSide } from './on-side.ts';

/** What `look` is told that concerns the header alone. */
type WebLookOptions = Partial<Pick<LookOptions, 'maxVirtualSize' | 'converting'>>;

/** Patience is for attempts: while planning, what does not answer is told. */
const silenceMs = 10_000;

/**
 * Examine an image on a web server as far as its header and its server tell. `undefined` for one that does not serve pieces: what it has is
 * found out when it arrives.
 *
 * @throws ImageError SOURCE_MISSING, AUTH_DENIED, UNREACHABLE…
 */
export async function lookAtWeb(from: Endpoint, options: WebLookOptions): Promise<SourceLook | undefined> {
  return onSide('source', from, async () => {
    const reader = await openWebReader(from.href, { patienceMs: 0, silenceMs }).catch(unlessWhole);
    if (!reader) return undefined;
    try {
      const verdict = await examine(reader, options);
      return {
        endpoint: { ...from, facts: { kind: 'opaque', size: reader.size, format: verdict.format, ...identityOf(reader) } },
        verdict,
        ...identityOf(reader),
      };
    } finally {
      await reader.close();
    }
  });
}

/** Whether it is there that an image is. */
export function isOnTheWeb({ scheme }: Endpoint): boolean {
  return scheme === 'http' || scheme === 'https';
}

function unlessWhole(error: unknown): undefined {
  if (isImageError(error) && error.code === 'UNSUPPORTED') return undefined;
  throw error;
}

function examine(reader: RangeReader, { maxVirtualSize, converting }: WebLookOptions): Promise<Verdict> {
  const { size } = reader;
  const clip = (offset: number, length: number): number => Math.max(0, Math.min(length, size - offset));
  return examineImage(
    { size, read: (ranges) => Promise.all(ranges.map(({ offset, length }) => reader.read(Math.min(offset, size), clip(offset, length)))) },
    { ...(maxVirtualSize !== undefined && { maximumVirtualSize: maxVirtualSize }), ...(converting && { converting }) },
  ).catch((error: unknown) => {
    // It was replaced just now; nothing of it has been used yet, so it is as good as one that was not there in time.
    if (!isImageError(error) || error.code !== 'SOURCE_CHANGED') throw error;
    throw new ImageError(`${reader.name} was replaced while it was looked at: try again`, {
      code: error.code,
      origin: 'source',
      cause: error,
    });
  });
}

/** Without the server's word for the content, another one of the same size would be taken for it. */
function identityOf({ identity }: RangeReader): Pick<SourceLook, 'identity'> {
  return /etag|modified/.test(identity) ? { identity } : {};
}
