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

  it('makes up for the time by which pieces come late', async () => {
    const controls = new Controls({ bandwidth: 2_000_000 });
    const startedAt = performance.now();
    for (let piece = 0; piece < 40; piece += 1) {
      await controls.checkpoint(25_000, never);
      // Whoever waits on a busy machine is late.
      for (const lateUntil = performance.now() + 3; performance.now() < lateUntil;);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    expect(1_000_000 / seconds / 2_000_000).toBeGreaterThan(0.9);
    expect(1_000_000 / seconds / 2_000_000).toBeLessThanOrEqual(1.01);
  });

  it('lets a piece that waits go as soon as the limit is lifted', async () => {
    const controls = new Controls({ bandwidth: 1 });
    controls.on('limits', (limits) => Promise.resolve(limits));
    const startedAt = performance.now();
    const piece = controls.checkpoint(1_000_000, never);
    await controls.setLimits({}, 'own');
    await piece;
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('holds back a piece that waited for its time when the pause came', async () => {
    const controls = new Controls({ bandwidth: 100_000 });
    controls.on('pause', () => Promise.resolve());
    controls.on('resume', () => Promise.resolve());
    let through = false;
    const piece = controls.checkpoint(2000, never).then(() => (through = true));
    await controls.pause('own');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(through).toBe(false);
    await controls.resume();
    await piece;
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
