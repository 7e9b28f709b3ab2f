import { describe, expect, it } from 'vitest';
import type { LimitChange, LimitSource } from '../limits/limit-source.ts';
import { Controls } from './controls.ts';
import { LimitKeeper } from './limit-keeper.ts';

/** A source that a test moves by hand. */
class HandSource implements LimitSource {
  readonly bytes: number[] = [];
  readonly pauses: boolean[] = [];
  isClosed = false;
  change: (change: LimitChange) => void = () => undefined;
  readonly #first: number | undefined;

  constructor(first: number | undefined) {
    this.#first = first;
  }
  begin(): Promise<number | undefined> {
    return Promise.resolve(this.#first);
  }
  follow(listener: (change: LimitChange) => void): void {
    this.change = listener;
  }
  moved(bytes: number): void {
    this.bytes.push(bytes);
  }
  paused(isPaused: boolean): void {
    this.pauses.push(isPaused);
  }
  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

const { signal } = new AbortController();

function setting(first: number | undefined): {
  source: HandSource;
  controls: Controls;
  keeper: LimitKeeper;
  told: unknown[];
  heard: unknown[];
} {
  const [source, controls] = [new HandSource(first), new Controls({})];
  const [told, heard]: unknown[][] = [[], []];
  const keeper = new LimitKeeper(
    ({ auto }) => (auto ? source : undefined),
    (limits, reason) => told!.push([limits, reason]),
  );
  controls.on('limits', (limits) => {
    heard!.push(limits);
    return Promise.resolve(limits);
  });
  return { source, controls, keeper, told: told!, heard: heard! };
}

describe('LimitKeeper', () => {
  it('lets the first attempt begin with what there is to have', async () => {
    const { controls, keeper } = setting(5);
    await keeper.begin({ auto: true }, controls, signal);
    expect(controls.changedLimits).toEqual({ bandwidth: 5 });
  });

  it('has nothing to do with a limit that stands still', async () => {
    const { controls, keeper } = setting(5);
    await keeper.begin({ bandwidth: 7 }, controls, signal);
    expect(controls.changedLimits).toBeUndefined();
  });

  it('hands every change to the driver, and tells the reason', async () => {
    const { source, controls, keeper, told, heard } = setting(5);
    await keeper.begin({ auto: true }, controls, signal);
    source.change({ bandwidth: 3, reason: 'others wait' });
    source.change({ bandwidth: undefined, reason: 'nobody waits' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([{ bandwidth: 3 }, {}]);
    expect(told).toEqual([
      [{ bandwidth: 3 }, 'others wait'],
      [{}, 'nobody waits'],
    ]);
  });

  it('hands on what holds only for a moment, and tells nobody', async () => {
    const { source, controls, keeper, told, heard } = setting(5);
    await keeper.begin({ auto: true }, controls, signal);
    source.change({ bandwidth: 1, reason: 'listens', isPassing: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect([heard, told]).toEqual([[{ bandwidth: 1 }], []]);
  });

  it('keeps a change for the next attempt where no driver listens', async () => {
    const { source, keeper } = setting(5);
    const controls = new Controls({});
    await keeper.begin({ auto: true }, controls, signal);
    source.change({ bandwidth: 3, reason: 'others wait' });
    expect(controls.changedLimits).toEqual({ bandwidth: 3 });
  });

  it('tells the source what moved, once, and that the copy stands still', async () => {
    const { source, controls, keeper } = setting(5);
    await keeper.begin({ auto: true }, controls, signal);
    for (const total of [10, 10, 30, 20, 40]) keeper.moved(total);
    keeper.paused(true);
    expect(source.bytes).toEqual([10, 20, 10]);
    expect(source.pauses).toEqual([true]);
  });

  it('leaves the source when a plain number takes its place', async () => {
    const { source, controls, keeper, heard } = setting(5);
    await keeper.begin({ auto: true }, controls, signal);
    expect(await keeper.change({ bandwidth: 9 }, controls, 'd', signal)).toEqual({ bandwidth: 9 });
    expect(source.isClosed).toBe(true);
    expect(heard).toEqual([{ bandwidth: 9 }]);
  });

  it('stays with what it has where the driver cannot change', async () => {
    const { source, keeper } = setting(5);
    const controls = new Controls({});
    await keeper.begin({ auto: true }, controls, signal);
    await expect(keeper.change({ bandwidth: 9 }, controls, 'd', signal)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(source.isClosed).toBe(false);
  });
});
