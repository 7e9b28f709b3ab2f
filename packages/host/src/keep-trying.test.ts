import { expect, it } from 'vitest';
import { ImageError } from '@image-api/driver';
import { keepTrying, pauseMs } from './keep-trying.ts';

const passing = new ImageError('the connection was lost', { code: 'UNREACHABLE', origin: 'source', retryable: true });
const { signal } = new AbortController();

it('waits twice as long each time, up to ten seconds, and never in step with others', () => {
  expect([0, 1, 2, 6, 1000].map((tries) => pauseMs(tries, 0.5))).toEqual([250, 500, 1000, 10_000, 10_000]);
  expect(pauseMs(0, 0)).toBe(200);
  expect(pauseMs(0, 1)).toBeCloseTo(300);
});

it('does not try again what stays as it is', async () => {
  let tries = 0;
  const lasting = new ImageError('there is nothing', { code: 'SOURCE_MISSING', origin: 'source' });
  const once = (): Promise<void> => (tries++, Promise.reject(lasting));
  await expect(keepTrying({ name: 'x', signal, once })).rejects.toBe(lasting);
  expect(tries).toBe(1);
});

it('has patience anew whenever something has come', async () => {
  let [tries, came] = [0, 0];
  const once = async (): Promise<string> => {
    came += 100_000;
    if (++tries < 4) throw passing;
    return 'done';
  };
  const patient = { name: 'x', signal, once, patienceMs: 350 };
  await expect(keepTrying({ ...patient, progress: () => came })).resolves.toBe('done');
  tries = 0;
  await expect(keepTrying(patient)).rejects.toBe(passing);
});

it('ends while it waits to try again', async () => {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), 20);
  const startedAt = performance.now();
  const waiting = { name: 'x', signal: ending.signal, once: () => Promise.reject(passing), patienceMs: Number.POSITIVE_INFINITY };
  await expect(keepTrying({ ...waiting, askedMs: () => 50_000 })).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
