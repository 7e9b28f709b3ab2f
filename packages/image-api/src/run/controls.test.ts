import { describe, expect, it } from 'vitest';
import { Controls } from './controls.ts';

const never = new AbortController().signal;

describe('Controls', () => {
  it('refuses what the driver did not register for', async () => {
    const controls = new Controls({});
    await expect(controls.pause('scp')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(controls.setLimits({ bandwidth: 1 }, 'scp')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('answers the limits the driver says are in force', async () => {
    const controls = new Controls({});
    controls.on('limits', () => Promise.resolve({ bandwidth: 1024 }));
    expect(await controls.setLimits({ bandwidth: 1500 }, 'rsync')).toEqual({ bandwidth: 1024 });
  });

  it('forgets a handler that was taken back', async () => {
    const controls = new Controls({});
    controls.on('limits', () => Promise.resolve({}))();
    await expect(controls.setLimits({}, 'rsync')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('makes the first piece wait its share: no burst at the start', async () => {
    const controls = new Controls({ bandwidth: 1_000_000 });
    const startedAt = performance.now();
    await controls.checkpoint(50_000, never);
    await controls.checkpoint(50_000, never);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(98);
  });

  it('holds a piece back while paused', async () => {
    const controls = new Controls({});
    controls.on('pause', () => Promise.resolve());
    controls.on('resume', () => Promise.resolve());
    await controls.pause('own');
    let through = false;
    const piece = controls.checkpoint(1, never).then(() => (through = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(through).toBe(false);
    await controls.resume();
    await piece;
    expect(through).toBe(true);
  });

  it('rejects a piece of a cancelled copy, also one that waits', async () => {
    const abort = new AbortController();
    const waiting = new Controls({ bandwidth: 1 }).checkpoint(1000, abort.signal);
    abort.abort('enough');
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED', message: 'cancelled: enough' });
  });
});
