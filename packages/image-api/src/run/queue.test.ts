import { describe, expect, it } from 'vitest';
import { Queue } from './queue.ts';

const never = new AbortController().signal;

describe('Queue', () => {
  it('lets in as many as it may, and the next when one leaves, in order', async () => {
    const queue = new Queue(1);
    const order: string[] = [];
    const leave = await queue.enter(never);
    const second = queue.enter(never).then((out) => (order.push('second'), out));
    const third = queue.enter(never).then((out) => (order.push('third'), out));
    await Promise.resolve();
    expect(order).toEqual([]);
    leave();
    (await second)();
    (await third)();
    expect(order).toEqual(['second', 'third']);
  });

  it('rejects a waiting one at once when it is cancelled, and does not lose its place', async () => {
    const queue = new Queue(1);
    const leave = await queue.enter(never);
    const abort = new AbortController();
    const waiting = queue.enter(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    leave();
    (await queue.enter(never))();
  });

  it('counts a place that is given back twice once', async () => {
    const queue = new Queue(1);
    const leave = await queue.enter(never);
    leave();
    leave();
    await queue.enter(never);
    const abort = new AbortController();
    const second = queue.enter(abort.signal);
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
