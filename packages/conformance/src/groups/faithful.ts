import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { bytesAt, dense, mib, sparse } from '../content/content.ts';

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
      const digest = `sha256:${createHash('sha256')
        .update(bytesAt(content, 0, mib))
        .digest('hex')}`;
      expect(report?.fromDigest ?? digest).toBe(digest);
    },
  },
];
