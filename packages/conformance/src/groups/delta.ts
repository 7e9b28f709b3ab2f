import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { bytesAt, dense, mib } from '../content/content.ts';
import { bytesMoved } from './bytes-moved.ts';
import { fillWith } from './fill-with.ts';

const sendsDifferences = ({ delta }: Capabilities): boolean => delta === true;
const size = 64 * mib;

export const deltaTests: readonly ConformanceTest[] = [
  {
    group: 'delta',
    name: 'sends less than a tenth where one block of 64 MiB has changed',
    applies: sendsDifferences,
    needsStaging: true,
    run: async (harness) => {
      const copy = await harness.stage(dense(size));
      const old = bytesAt(copy.content, 0, size);
      old.fill(0, size / 2, size / 2 + 4096);
      await fillWith(copy, old);
      const { report } = await copy.copy({ held: 'delta' });
      await copy.expectSame();
      expect(bytesMoved(report)).toBeLessThan(size / 10);
    },
  },
  {
    group: 'delta',
    name: 'cuts off what the old image had more, and overwrites what it had where a hole is now',
    applies: sendsDifferences,
    needsStaging: true,
    run: async (harness) => {
      const image = dense(mib);
      const copy = await harness.stage({ ...image, size: 3 * mib });
      await fillWith(copy, Buffer.concat([bytesAt(image, 0, mib), Buffer.alloc(4 * mib, 'old ')]));
      await copy.copy({ held: 'delta' });
      await copy.expectSame();
    },
  },
  {
    group: 'delta',
    name: 'refuses, or starts clean, where an old image is, as it does not claim `delta`',
    applies: (capabilities) => !sendsDifferences(capabilities),
    needsStaging: true,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      await fillWith(copy, Buffer.alloc(2 * mib, 'old '));
      const request = await copy.request({ held: 'delta' });
      const offer = await copy.offer(request);
      if (!offer.accept) return expect(offer.reason.trim()).not.toBe('');
      expect((await copy.transfer(request).outcome).error).toBeUndefined();
      await copy.expectSame();
    },
  },
];
