import { isImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib } from '../content/content.ts';
import { gatherEvidence } from '../harness/evidence.ts';
import type { StagedCopy } from '../harness/staged-copy.ts';

export const offerTests: readonly ConformanceTest[] = [
  {
    group: 'offer',
    name: 'accepts a plain copy with an estimate, a reason, and the commands it will run',
    applies: always,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      const offer = await copy.offer(await copy.request());
      expect(offer.accept, offer.reason).toBe(true);
      if (!offer.accept) return;
      expect(offer.seconds).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(offer.seconds), 'a finite number of seconds').toBe(true);
      expect(offer.reason.trim()).not.toBe('');
      for (const { host, tool, args } of offer.commands) for (const word of [host, tool, ...args]) expect(word).toBeTypeOf('string');
      expect(offer).toEqual(JSON.parse(JSON.stringify(offer)));
    },
  },
  {
    group: 'offer',
    name: 'changes nothing while it looks',
    applies: always,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      const request = await copy.request();
      const before = gatherEvidence(copy.stage);
      await copy.offer(request);
      expect(gatherEvidence(copy.stage)).toEqual(before);
      expect(harness.breachesOf('what only reads does not write')).toEqual([]);
    },
  },
  {
    group: 'offer',
    name: 'answers within a second',
    applies: always,
    timed: true,
    run: async (harness) => {
      const copy = await harness.stage(dense(3 * mib));
      const request = await copy.request();
      // The best of three: a machine may be busy, a driver may not be slow.
      const times = [await timeOf(copy, request), await timeOf(copy, request), await timeOf(copy, request)];
      expect(Math.min(...times), 'milliseconds').toBeLessThan(1000);
    },
  },
  {
    group: 'offer',
    name: 'refuses a scheme it has no route for, with a reason',
    applies: always,
    run: async (harness) => {
      const copy = await harness.stage(dense(1));
      const request = await copy.request();
      await expectRefusal(copy, { ...request, to: foreign(request.to) });
      const anySource = harness.capabilities.routes.some(({ from }) => from === '*');
      if (!anySource) await expectRefusal(copy, { ...request, from: foreign(request.from) });
    },
  },
  {
    group: 'offer',
    name: 'does not accept an option it does not have',
    applies: always,
    run: async (harness) => {
      const copy = await harness.stage(dense(1));
      const request = await copy.request({ driverOptions: { 'no-such-option': true } });
      const answer = await answerOf(copy, request);
      if (isImageError(answer)) expect(answer.code).toBe('BAD_OPTION');
      else expect(answer).toMatchObject({ accept: false });
    },
  },
];

/** What it resolves or rejects with. What promises to answer may not throw before it has. */
async function answerOf(copy: StagedCopy, request: TransferRequest): Promise<unknown> {
  let answering: Promise<unknown>;
  try {
    answering = copy.offer(request);
  } catch {
    return expect.fail('it throws instead of rejecting: make it an async function');
  }
  return answering.catch((error: unknown) => error);
}

async function timeOf(copy: StagedCopy, request: TransferRequest): Promise<number> {
  const startedAt = performance.now();
  await copy.offer(request);
  return performance.now() - startedAt;
}

function foreign<T extends TransferRequest['from']>(endpoint: T): T {
  return { ...endpoint, scheme: 'x-nowhere', href: `x-nowhere://${endpoint.path}` };
}

async function expectRefusal(copy: StagedCopy, request: TransferRequest): Promise<void> {
  const offer = await copy.offer(request);
  expect(offer.accept, `accepted ${request.from.scheme} to ${request.to.scheme}`).toBe(false);
  expect(offer.reason.trim()).not.toBe('');
}
