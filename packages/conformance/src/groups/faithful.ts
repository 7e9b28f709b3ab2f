import { createHash } from 'node:crypto';
import type { Digest } from '@image-api/driver';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { bytesAt, dense, mib, sparse } from '../content/content.ts';
import type { Content } from '../content/content.ts';

export const faithfulTests: readonly ConformanceTest[] = [
  {
    group: 'faithful',
    name: 'reports in the end, if anything, all of the image, and no more skipped than there is',
    applies: always,
    run: async (harness) => {
      const content = sparse(8 * mib);
      const { report } = await (await harness.stage(content)).copy();
      const { bytesLogical = content.size, bytesSkipped = 0, bytesRead = 0, bytesSent = 0 } = report?.counters ?? {};
      expect(bytesLogical).toBe(content.size);
      for (const count of [bytesSkipped, bytesRead, bytesSent]) {
        expect(Number.isSafeInteger(count), `${count} is a number of bytes`).toBe(true);
        expect(count).toBeGreaterThanOrEqual(0);
      }
      expect(bytesSkipped).toBeLessThanOrEqual(content.size);
    },
  },
  {
    group: 'faithful',
    name: 'reports the digest of the source, if any',
    applies: always,
    run: async (harness) => {
      const content = dense(mib);
      const { report } = await (await harness.stage(content)).copy();
      const digest = digestOf(content);
      expect(report?.fromDigest ?? digest).toBe(digest);
    },
  },
  {
    group: 'faithful',
    name: 'tells the digest of what it moves where it is asked for sha256, as it claims `hashes`',
    applies: ({ hashes }) => hashes === true,
    run: async (harness) => {
      for (const content of [dense(3 * mib + 77), sparse(8 * mib)]) {
        const copy = await harness.stage(content);
        const { report } = await copy.copy({ verify: 'sha256' });
        const { fromDigest, writtenDigest = fromDigest, counters = {} } = report ?? {};
        // A clone moves nothing.
        if (counters.bytesRead === 0) continue;
        expect({ fromDigest, writtenDigest }).toEqual({ fromDigest: digestOf(content), writtenDigest: digestOf(content) });
      }
    },
  },
];

function digestOf(content: Content): Digest {
  const hash = createHash('sha256').update(bytesAt(content, 0, content.size));
  return `sha256:${hash.digest('hex')}`;
}
