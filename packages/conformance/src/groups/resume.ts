import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { bytesAt, dense, mib } from '../content/content.ts';
import type { Harness } from '../harness/harness.ts';
import type { RunningTransfer } from '../harness/running-transfer.ts';
import type { StagedCopy } from '../harness/staged-copy.ts';
import { bytesMoved } from './bytes-moved.ts';
import { fillWith } from './fill-with.ts';

const resumes = ({ resume }: Capabilities): boolean => resume === true;
const usualSize = 16 * mib;

export const resumeTests: readonly ConformanceTest[] = [
  {
    group: 'resume',
    name: 'goes on from what an interrupted try left, and sends little more than what was missing',
    applies: resumes,
    needsStaging: true,
    run: async (harness) => {
      const copy = await interrupted(harness);
      const { size } = copy.content;
      const missing = size - copy.arrived;
      const { report } = await copy.copy({ held: 'resume' });
      await copy.expectSame();
      expect(bytesMoved(report), `bytes moved, ${missing} were missing`).toBeLessThanOrEqual(missing + size / 10);
    },
  },
  {
    group: 'resume',
    name: 'mends what an interrupted try left when the image has become shorter than it',
    applies: resumes,
    needsStaging: true,
    needsPlainBytes: true,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      const longer = Buffer.concat([bytesAt(copy.content, 0, mib), Buffer.alloc(mib, 'old ')]);
      await fillWith(copy, longer);
      await copy.copy({ held: 'resume' });
      await copy.expectSame();
    },
  },
  {
    group: 'resume',
    name: 'refuses, or starts clean, where an interrupted try left something, as it does not claim `resume`',
    applies: (capabilities) => !resumes(capabilities),
    needsStaging: true,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      await fillWith(copy, Buffer.alloc(2 * mib, 'old '));
      const request = await copy.request({ held: 'resume' });
      const offer = await copy.offer(request);
      if (!offer.accept) return expect(offer.reason.trim()).not.toBe('');
      expect((await copy.transfer(request).outcome).error).toBeUndefined();
      await copy.expectSame();
    },
  },
];

/** A copy cut off half-way: by its source, or by cancelling it, where the driver can be slowed down to do so, else as one that works from front to back leaves it. */
async function interrupted(harness: Harness): Promise<StagedCopy> {
  // Where bytes are on their way for a while, more than those must be missing.
  const size = harness.lagMs > 0 ? 4 * usualSize : usualSize;
  const copy = await harness.stage(dense(size));
  if (harness.capabilities.limits) {
    const transfer = await copy.begin({ limits: { bandwidth: usualSize } });
    await transfer.reaches(size / 2);
    await cutOff(transfer, copy);
    expect(copy.arrived, 'bytes that were left').toBeGreaterThanOrEqual(size / 2);
  } else {
    await fillWith(copy, bytesAt(copy.content, 0, size / 2));
  }
  return copy;
}

async function cutOff(transfer: RunningTransfer, { stage }: StagedCopy): Promise<void> {
  if (!stage.breakSource) {
    transfer.abort();
    await transfer.outcome;
    return;
  }
  const mend = await stage.breakSource();
  expect((await transfer.outcome).error, 'what it rejected with when its source broke').toMatchObject({ retryable: true });
  await mend();
}
