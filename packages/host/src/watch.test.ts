import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { watch } from './watch.ts';

describe('watch', () => {
  it('looks again and again until it is stopped', async () => {
    let looks = 0;
    const seen: number[] = [];
    const stop = watch(
      async () => ++looks,
      (look) => seen.push(look),
      { firstMs: 1, lastMs: 4 },
    );
    while (seen.length < 5) await sleep(1);
    await stop();
    const afterwards = looks;
    await sleep(30);
    expect(looks).toBe(afterwards);
    expect(seen.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on after a look that failed', async () => {
    let looks = 0;
    const seen: number[] = [];
    const look = async (): Promise<number> => {
      if (++looks === 1) throw new Error('not there yet');
      return looks;
    };
    const stop = watch(look, (number) => seen.push(number), { firstMs: 1, lastMs: 1 });
    while (seen.length === 0) await sleep(1);
    await stop();
    expect(seen[0]).toBe(2);
  });

  it('tells nothing of a look that ends after it was stopped, and does not wait for it for long', async () => {
    const seen: string[] = [];
    const began = new AbortController();
    const look = async (): Promise<string> => {
      began.abort();
      await sleep(1500);
      return 'late';
    };
    const stop = watch(look, (word) => seen.push(word), { firstMs: 1, lastMs: 1 });
    while (!began.signal.aborted) await sleep(1);
    const start = performance.now();
    await stop();
    expect(performance.now() - start).toBeLessThan(1400);
    await sleep(700);
    expect(seen).toEqual([]);
  });
});
