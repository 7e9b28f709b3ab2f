import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StalledError, StallWatch, patienceMs } from './stall-watch.ts';

describe('StallWatch', () => {
  it('notices that nothing moves, or that nobody looks any more', async () => {
    await expect(new StallWatch(30).stalled).rejects.toBeInstanceOf(StalledError);
    const watch = new StallWatch(200);
    const looking = setInterval(() => watch.look('the same', { paused: false, speed: 0 }), 10);
    await expect(watch.stalled).rejects.toBeInstanceOf(StalledError);
    clearInterval(looking);
  });

  it('lets stand what moves, and what is paused', async () => {
    const watch = new StallWatch(300);
    let at = 0;
    const looking = setInterval(() => watch.look(at < 20 ? `${at++}` : 'the same', { paused: at >= 20, speed: 0 }), 10);
    const stalled = watch.stalled.then(
      () => false,
      () => true,
    );
    expect(await Promise.race([stalled, sleep(900, false)])).toBe(false);
    clearInterval(looking);
    watch.stop();
  });
});

describe('patienceMs', () => {
  it('waits for two pieces at a low limit', () => {
    expect(patienceMs(1000, 0)).toBe(1000);
    expect(patienceMs(1000, 1024)).toBe(1000 + 1024 * 1000);
  });
});
