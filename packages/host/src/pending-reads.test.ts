import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { PendingReads } from './pending-reads.ts';

const untilAborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => resolve(signal.reason));
  });

it('ends what whoever asked does not want any more, and nothing else', async () => {
  const pending = new PendingReads();
  const [leaving, staying] = [new AbortController(), new AbortController()];
  const left = Array.from({ length: 50 }, () => pending.run(leaving.signal, untilAborted));
  const stayed = pending.run(staying.signal, untilAborted);
  expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(1);
  leaving.abort('gone');
  expect(await Promise.all(left)).toEqual(left.map(() => 'gone'));
  expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
  expect(await pending.run(leaving.signal, untilAborted)).toBe('gone');
  expect(await Promise.race([stayed, Promise.resolve('still there')])).toBe('still there');
  pending.endAll('closed');
  expect(await stayed).toBe('closed');
  expect(getEventListeners(staying.signal, 'abort')).toHaveLength(0);
  expect(await pending.run(undefined, untilAborted)).toBe('closed');
});
