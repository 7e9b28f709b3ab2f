import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceControl, beginControl } from './pressure-control.ts';
import type { PressureBounds, PressureControl, PressureSample } from './pressure-control.ts';

const mebibyte = 2 ** 20;
const bounds: PressureBounds = { floor: mebibyte, ceiling: Infinity };

/** What a controller decided, in order. */
function decide(samples: readonly PressureSample[], limits: PressureBounds): readonly PressureControl[] {
  const [first, second, ...later] = samples;
  if (!first || !second) return [];
  const decisions = [beginControl(first, second, limits)];
  for (const sample of later) decisions.push(advanceControl(decisions.at(-1)!, sample, limits));
  return decisions;
}

describe('on what was recorded of a real disk', () => {
  function recorded(name: string): readonly PressureSample[] {
    const text = readFileSync(new URL(`./__fixtures__/pressure-${name}.json`, import.meta.url), 'utf8');
    const { samples } = JSON.parse(text) as { samples: readonly (readonly [number, number, number])[] };
    return samples.map(([atMs, waitedUs, moved], index) => {
      return { atMs, waitedMs: waitedUs / 1000, moved: moved - (samples[index - 1]?.[2] ?? 0) };
    });
  }

  /** Where it stood, apart from moments in which it only listened. */
  const bandwidthAt = (decisions: readonly PressureControl[], atMs: number): number => {
    const found = decisions.findLast(({ last, listening }) => last.atMs <= atMs && !listening);
    return (found?.bandwidth ?? 0) / mebibyte;
  };

  it('gives way to a neighbour within three seconds and comes back within ten', () => {
    const decisions = decide(recorded('neighbour'), bounds);
    expect(bandwidthAt(decisions, 8000)).toBe(Infinity);
    expect(bandwidthAt(decisions, 11_000)).toBe(1);
    expect(bandwidthAt(decisions, 16_000)).toBe(1);
    expect(bandwidthAt(decisions, 21_500)).toBe(Infinity);
    expect(decisions.map(({ reason }) => reason)).toContain('others waited for the disk 67 % of the last 0.4 s');
  });

  it('goes as fast as it can when it is alone, though it waits for the disk itself', () => {
    const samples = recorded('alone');
    const decisions = decide(samples, bounds);
    expect(bandwidthAt(decisions, 5000)).toBe(Infinity);
    expect(decisions.slice(-40).every(({ heard }) => heard.isCalm)).toBe(true);
    const listened = decisions.filter(({ listening }) => listening).length;
    expect(listened / decisions.length).toBeLessThan(0.15);
  });

  it('does not go beyond its ceiling', () => {
    const decisions = decide(recorded('ceiling'), { ...bounds, ceiling: 40 * mebibyte });
    expect(bandwidthAt(decisions, 2500)).toBe(40);
    expect(Math.max(...decisions.map(({ bandwidth }) => bandwidth))).toBe(40 * mebibyte);
  });
});

describe('on a disk in a model', () => {
  interface Disk {
    /** Bytes per second. */
    readonly speed: number;
    /** A neighbour that waits for this part of its time, from one moment to another. */
    readonly neighbour: { readonly waits: number; readonly fromMs: number; readonly toMs: number };
    /** How late samples come, in turn. */
    readonly latenessMs: readonly number[];
    /** How often its mood changes: then the copy waits twice as long for the same. Default: never. */
    readonly moodyMs?: number;
  }

  /** Let the controller and the disk act on each other. */
  function run(disk: Disk, untilMs: number, limits: PressureBounds): readonly PressureControl[] {
    let [atMs, waitedMs] = [250, 0];
    const decisions = [beginControl({ atMs: 0, waitedMs: 0, moved: 0 }, { atMs, waitedMs, moved: 0 }, limits)];
    for (let turn = 0; atMs < untilMs; turn++) {
      const control = decisions.at(-1)!;
      const ms = 125 + (disk.latenessMs[turn % disk.latenessMs.length] ?? 0);
      const isDisturbed = atMs >= disk.neighbour.fromMs && atMs < disk.neighbour.toMs;
      const rate = Math.min(control.bandwidth, disk.speed * (isDisturbed ? 0.6 : 1));
      const others = isDisturbed ? disk.neighbour.waits : 0;
      atMs += ms;
      const mood = Math.floor(atMs / (disk.moodyMs ?? Infinity)) % 2 === 1 ? 2 : 1;
      waitedMs += ms * (1 - (1 - Math.min(1, (rate / disk.speed) * mood)) * (1 - others));
      decisions.push(advanceControl(control, { atMs, waitedMs, moved: (rate * ms) / 1000 }, limits));
    }
    return decisions;
  }

  const never = { waits: 0, fromMs: 0, toMs: 0 };
  const speed = fc.integer({ min: 40 * mebibyte, max: 4096 * mebibyte });
  const latenessMs = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 20 });
  const limits = fc.record({
    floor: fc.integer({ min: mebibyte / 4, max: mebibyte }),
    ceiling: fc.oneof(fc.constant(Infinity), fc.integer({ min: 2 * mebibyte, max: 1024 * mebibyte })),
  });

  it('loses less than a sixth of the speed to listening, and nothing where nobody waits', () => {
    fc.assert(
      fc.property(speed, latenessMs, limits, (diskSpeed, late, between) => {
        const decisions = run({ speed: diskSpeed, neighbour: never, latenessMs: late }, 40_000, between);
        const settled = decisions.filter(({ last }) => last.atMs > 6000);
        const best = Math.min(diskSpeed, between.ceiling);
        const moved = settled.reduce((sum, { last }) => sum + last.moved, 0);
        const rate = (moved / (settled.at(-1)!.last.atMs - 6000)) * 1000;
        expect(rate).toBeGreaterThan(best * (between.ceiling < diskSpeed / 25 ? 0.99 : 5 / 6));
      }),
    );
  });

  it('gives way within three seconds and comes back within ten, to the ceiling or to all the disk can do', () => {
    const neighbour = fc.record({
      waits: fc.double({ min: 0.3, max: 1, noNaN: true }),
      fromMs: fc.integer({ min: 8000, max: 11_000 }),
      toMs: fc.integer({ min: 16_000, max: 18_000 }),
    });
    fc.assert(
      fc.property(speed, latenessMs, limits, neighbour, (diskSpeed, late, between, disturbing) => {
        const decisions = run({ speed: diskSpeed, neighbour: disturbing, latenessMs: late }, 30_000, between);
        const during = decisions.filter(({ last }) => last.atMs > disturbing.fromMs + 3000 && last.atMs < disturbing.toMs);
        expect(Math.max(...during.map(({ bandwidth }) => bandwidth))).toBeLessThanOrEqual(between.floor);
        const after = decisions.filter(({ last, listening }) => last.atMs > disturbing.toMs + 10_000 && !listening);
        expect(Math.min(...after.map(({ bandwidth }) => bandwidth))).toBeGreaterThanOrEqual(Math.min(diskSpeed, between.ceiling));
      }),
    );
  });

  it('gives way within a second and a half where the waiting jumps', () => {
    const neighbour = { waits: 0.8, fromMs: 8000, toMs: 20_000 };
    const decisions = run({ speed: 500 * mebibyte, neighbour, latenessMs: [1] }, 9500, { ...bounds, ceiling: 100 * mebibyte });
    expect(decisions.at(-1)?.bandwidth).toBe(mebibyte);
  });

  it('is not alarmed for ever by a disk whose mood changes', () => {
    const moody = { speed: 250 * mebibyte, neighbour: never, latenessMs: [1], moodyMs: 900 };
    const decisions = run(moody, 40_000, { ...bounds, ceiling: 100 * mebibyte });
    const settled = decisions.filter(({ last }) => last.atMs > 6000);
    const moved = settled.reduce((sum, { last }) => sum + last.moved, 0);
    expect(moved / 34).toBeGreaterThan((100 * mebibyte * 5) / 6);
  });

  it('keeps between its bounds and changes at most four times a second, whatever it hears', () => {
    const heard = fc.record({ ms: fc.integer({ min: 1, max: 400 }), part: fc.double({ min: 0, max: 1, noNaN: true }), moved: fc.nat() });
    fc.assert(
      fc.property(fc.array(heard, { minLength: 10, maxLength: 200 }), limits, (noise, between) => {
        let last: PressureSample = { atMs: 0, waitedMs: 0, moved: 0 };
        const samples = noise.map(({ ms, part, moved }) => {
          return (last = { atMs: last.atMs + ms, waitedMs: last.waitedMs + ms * part, moved });
        });
        const decisions = decide(samples, between);
        decisions.slice(1).forEach((control, index) => {
          const before = decisions[index]!;
          expect(control.bandwidth).toBeGreaterThanOrEqual(Math.min(between.floor, mebibyte));
          expect(control.bandwidth).toBeLessThanOrEqual(between.ceiling);
          if (control.changedAtMs !== before.changedAtMs) expect(control.changedAtMs - before.changedAtMs).toBeGreaterThanOrEqual(240);
        });
      }),
    );
  });

  it('gives way in part to a neighbour who waits only a little', () => {
    const neighbour = { waits: 0.1, fromMs: 8000, toMs: 20_000 };
    const decisions = run({ speed: 100 * mebibyte, neighbour, latenessMs: [1] }, 10_500, bounds);
    const { bandwidth, reason } = decisions.find(({ heard }) => !heard.isCalm)!;
    expect(bandwidth).toBeGreaterThan(20 * mebibyte);
    expect(bandwidth).toBeLessThan(70 * mebibyte);
    expect(reason).toBe('others waited for the disk 11 % of the last 0.4 s');
  });

  it('stands still below a high floor only to listen', () => {
    const high = { floor: 50 * mebibyte, ceiling: Infinity };
    const decisions = run({ speed: 100 * mebibyte, neighbour: never, latenessMs: [0] }, 10_000, high);
    for (const { bandwidth, listening } of decisions) expect(bandwidth).toBeGreaterThanOrEqual(listening ? mebibyte : high.floor);
    expect(decisions.at(-1)?.heard.isCalm).toBe(true);
  });
});
