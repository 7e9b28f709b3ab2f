import type { Host, RunResult } from '@image-api/driver';
import { expect, it } from 'vitest';
import { FarPacer } from './far-pacer.ts';

const done: RunResult = { exitCode: 0, signal: null, stdout: '', stderr: '', durationMs: 1 };

/** One that runs, and whose orders go there. */
function pacer(run: (order: string) => Promise<RunResult>): FarPacer {
  const on = { run: (_tool: string, args: readonly string[]) => run(args.at(-1) ?? '') } as unknown as Host;
  const made = new FarPacer({ on, mark: 'mark-1', limits: { bandwidth: 1000 }, onMoved: () => undefined });
  made.begin();
  made.hear('mark-1 hand /proc/1/fd/5 pipe:[1]');
  return made;
}

it('gives its orders numbers, and is obeyed when the answer has come', async () => {
  const orders: string[] = [];
  const one: FarPacer = pacer((order) => {
    orders.push(order);
    one.hear(`mark-1 sent 0 ${order.split(' ')[0]}`);
    return Promise.resolve(done);
  });
  await one.pause();
  expect(await one.setLimits({ bandwidth: 2000 })).toEqual({ bandwidth: 2000 });
  await one.resume();
  expect(await one.setLimits({})).toEqual({});
  expect(orders).toEqual(['1 0', '2 0', '3 2000', '4 -']);
});

it('takes back an order that did not get there', async () => {
  const orders: string[] = [];
  const one = pacer((order) => {
    orders.push(order);
    return Promise.reject(new Error('the connection was lost'));
  });
  await expect(one.pause()).rejects.toThrow('the connection was lost');
  expect(orders).toEqual(['1 0', '2 1000']);
  // Nothing moves, and nobody may take that for a pause.
  expect(one.progress).toBe(one.progress);
});

it('does not wait for an answer when all is over', async () => {
  const one = pacer(() => Promise.resolve({ ...done, exitCode: 1 }));
  const paused = one.pause();
  one.close();
  await expect(paused).resolves.toBeUndefined();
});
