import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { followPressure } from './follow-pressure.ts';
import type { LimitChange } from './limit-source.ts';

const mebibyte = 2 ** 20;

/** Time that passes only when a test says so, and a disk others wait for as long as it says. */
class Scene implements Clock {
  waits = 0;
  #nowMs = 0;
  #waitedMs = 0;
  readonly #works = new Set<{ readonly periodMs: number; readonly work: () => void; nextMs: number }>();

  nowMs(): number {
    return this.#nowMs;
  }

  every(periodMs: number, work: () => void): () => void {
    const entry = { periodMs, work, nextMs: this.#nowMs + periodMs };
    this.#works.add(entry);
    return () => this.#works.delete(entry);
  }

  readPressure = (): Promise<string> => {
    const total = Math.round(this.#waitedMs * 1000);
    return Promise.resolve(`some avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`);
  };

  async pass(ms: number): Promise<void> {
    for (const endMs = this.#nowMs + ms; this.#nowMs < endMs;) {
      this.#nowMs += 25;
      this.#waitedMs += 25 * this.waits;
      for (const entry of this.#works) {
        if (entry.nextMs > this.#nowMs) continue;
        entry.nextMs += entry.periodMs;
        entry.work();
      }
      // Let what was read arrive.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function begun(options: { ceiling?: number } = {}) {
  const scene = new Scene();
  const changes: LimitChange[] = [];
  const following = followPressure({ ...options, readPressure: scene.readPressure, clock: scene });
  const beginning = following.begin(new AbortController().signal);
  await scene.pass(300);
  const bandwidth = await beginning;
  following.follow((change) => changes.push(change));
  return { scene, changes, following, bandwidth };
}

describe('followPressure', () => {
  it('begins at the floor and climbs to the ceiling while nobody waits', async () => {
    const { scene, changes, bandwidth } = await begun({ ceiling: 5 * mebibyte });
    expect(bandwidth).toBe(mebibyte);
    await scene.pass(2000);
    expect(changes.map((change) => (change.bandwidth ?? Infinity) / mebibyte)).toEqual([2, 4, 5]);
    expect(changes[0]?.reason).toBe('hardly anybody waited for the disk: 0 % of the last 0.1 s');
  });

  it('climbs to no limit where there is no ceiling', async () => {
    const { scene, changes } = await begun();
    await scene.pass(5000);
    expect(changes.at(-1)?.bandwidth).toBeUndefined();
  });

  it('gives way with its reason, and tells what is only for a moment', async () => {
    const { scene, changes } = await begun({ ceiling: 100 * mebibyte });
    await scene.pass(3000);
    scene.waits = 0.5;
    await scene.pass(3000);
    expect(changes.slice(-2)).toEqual([
      { bandwidth: mebibyte, reason: 'stands still for a moment to see whether others wait for the disk', isPassing: true },
      { bandwidth: mebibyte, reason: 'others waited for the disk 50 % of the last 0.4 s' },
    ]);
  });

  it('goes back without a word where it stood still for nothing', async () => {
    const { scene, changes, following } = await begun({ ceiling: 100 * mebibyte });
    await scene.pass(3000);
    scene.waits = 0.5;
    while (!changes.at(-1)?.isPassing) {
      following.moved(2 * mebibyte);
      await scene.pass(25);
    }
    scene.waits = 0;
    await scene.pass(300);
    const [held, back] = changes.slice(-2);
    expect([held?.bandwidth, held?.isPassing, back?.bandwidth, back?.isPassing]).toEqual([mebibyte, true, 100 * mebibyte, true]);
  });

  it('does not listen before what is under way has arrived', async () => {
    const { scene, changes, following } = await begun({ ceiling: 100 * mebibyte });
    await scene.pass(3000);
    const keepMoving = async (ms: number): Promise<void> => {
      for (let passedMs = 0; passedMs < ms; passedMs += 25) {
        following.moved(2.5 * mebibyte);
        await scene.pass(25);
      }
    };
    scene.waits = 1;
    while (!changes.at(-1)?.isPassing) await keepMoving(25);
    await keepMoving(1000);
    // All this waiting may be its own: the driver has not obeyed yet.
    expect(changes.at(-1)?.isPassing).toBe(true);
    scene.waits = 0;
    await scene.pass(500);
    // The last piece arrived in the middle of a sample, with its waiting.
    expect(changes.at(-1)?.bandwidth).toBeGreaterThan(80 * mebibyte);
  });

  it('says nothing while it is paused, and begins at the floor again', async () => {
    const { scene, changes, following } = await begun({ ceiling: 8 * mebibyte });
    await scene.pass(2000);
    following.paused(true);
    await scene.pass(125);
    const told = changes.length;
    scene.waits = 1;
    await scene.pass(5000);
    expect(changes).toHaveLength(told);
    following.paused(false);
    await scene.pass(125);
    expect(changes.at(-1)).toEqual({ bandwidth: mebibyte, reason: 'others waited for the disk 100 % of the last 0.1 s' });
  });

  it('says nothing after it is closed', async () => {
    const { scene, changes, following } = await begun();
    await following.close();
    await scene.pass(2000);
    expect(changes).toEqual([]);
  });

  it('refuses a machine that does not measure pressure', async () => {
    const readPressure = (): Promise<string> => Promise.reject(new Error('ENOENT: no such file or directory'));
    const following = followPressure({ readPressure });
    await expect(following.begin(new AbortController().signal)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('give a fixed limit') as unknown,
    });
  });

  it('goes down to the floor when the pressure cannot be read any more', async () => {
    const scene = new Scene();
    let isBroken = false;
    const readPressure = (): Promise<string> => (isBroken ? Promise.reject(new Error('gone')) : scene.readPressure());
    const following = followPressure({ readPressure, clock: scene, ceiling: 4 * mebibyte });
    const beginning = following.begin(new AbortController().signal);
    await scene.pass(300);
    await beginning;
    const changes: LimitChange[] = [];
    following.follow((change) => changes.push(change));
    await scene.pass(2000);
    isBroken = true;
    await scene.pass(250);
    expect(changes.at(-1)).toEqual({ bandwidth: mebibyte, reason: 'the pressure cannot be read any more' });
  });

  it('ends its waiting when it is cancelled', async () => {
    const following = followPressure({ readPressure: () => Promise.resolve('some avg10=0 total=1') });
    await expect(following.begin(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
