import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, begun, newcomer } from './membership.ts';
import type { Membership, View } from './membership.ts';

const mebibyte = 2 ** 20;
const budget = 60 * mebibyte;

/** One task in a group that lives in a list instead of files. */
interface Simulated {
  readonly joinsAtMs: number;
  readonly leavesAtMs: number;
  /** Bytes per second it would use if it might. */
  readonly appetite: number;
  /** Its first look after it joined. */
  readonly offsetMs: number;
}

interface Run extends Simulated {
  member: Membership;
  moved: number;
  /** The rate its driver keeps, and the one it was told, from a moment on. */
  rate: number;
  told: { readonly rate: number; readonly atMs: number };
}

const stepMs = 5;
const lookEveryMs = 125;
/** As slow as a driver may be. */
const driverMs = 95;

/** Let time pass; tells after each step what all together moved, in bytes per second. */
function simulate(tasks: readonly Simulated[], untilMs: number, onStep: (nowMs: number, rates: readonly number[]) => void): void {
  const runs: Run[] = tasks.map((task) => ({ ...task, member: newcomer(0), moved: 0, rate: 0, told: { rate: 0, atMs: 0 } }));
  for (let nowMs = 0; nowMs < untilMs; nowMs += stepMs) {
    const present = runs.filter(({ joinsAtMs, leavesAtMs }) => nowMs >= joinsAtMs && nowMs < leavesAtMs);
    for (const run of present) {
      if (nowMs === run.joinsAtMs) run.member = begun(newcomer(nowMs), nowMs);
      else if ((nowMs - run.joinsAtMs - run.offsetMs) % lookEveryMs === 0) look(run, present, nowMs);
      if (run.told.rate > run.rate || nowMs - run.told.atMs >= driverMs) run.rate = run.told.rate;
      run.moved += (Math.min(run.rate, run.appetite) * stepMs) / 1000;
    }
    onStep(
      nowMs,
      runs.map((run) => (present.includes(run) ? Math.min(run.rate, run.appetite) : 0)),
    );
  }
}

function look(run: Run, present: readonly Run[], nowMs: number): void {
  const others = present.filter((other) => other !== run).map(({ member }) => member);
  run.member = advance(run.member, { nowMs, budget, others, moved: run.moved, isHeard: true, canTell: true });
  run.moved = 0;
  if (run.member.granted !== run.told.rate) run.told = { rate: run.member.granted, atMs: nowMs };
}

const task = (joinsAtMs: number, appetite: number, leavesAtMs = Infinity): Simulated => ({ joinsAtMs, appetite, leavesAtMs, offsetMs: 35 });

function ratesAt(tasks: readonly Simulated[], atMs: number): readonly number[] {
  let found: readonly number[] = [];
  simulate(tasks, atMs + stepMs, (_, rates) => (found = rates));
  return found.map((rate) => rate / mebibyte);
}

describe('a group in which nobody leads', () => {
  it('gives all of the budget to one alone, at once', () => {
    expect(ratesAt([task(0, Infinity)], 400)).toEqual([60]);
  });

  it('makes room for a newcomer within a second', () => {
    expect(ratesAt([task(0, Infinity), task(5000, Infinity)], 6000)).toEqual([30, 30]);
  });

  it('gives to the others what one leaves, within half a second', () => {
    expect(ratesAt([task(0, Infinity), task(0, Infinity), task(0, Infinity, 5000)], 5500)).toEqual([30, 30, 0]);
  });

  it('gives to the hungry what a modest one does not use', () => {
    const [first = 0, second = 0, modest = 0] = ratesAt([task(0, Infinity), task(0, Infinity), task(0, 5 * mebibyte)], 8000);
    expect(modest).toBe(5);
    expect(first).toBeGreaterThan(26);
    expect(Math.abs(first - second)).toBeLessThan(0.5);
  });

  it('never moves more than the budget, whoever comes, goes and wants how much', () => {
    const simulated = fc.record({
      joinsAtMs: fc.integer({ min: 0, max: 1000 }).map((steps) => steps * stepMs),
      leavesAtMs: fc.oneof(
        fc.constant(Infinity),
        fc.integer({ min: 1000, max: 1600 }).map((steps) => steps * stepMs),
      ),
      appetite: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: budget })),
      offsetMs: fc.integer({ min: 1, max: 24 }).map((steps) => steps * stepMs),
    });
    fc.assert(
      fc.property(fc.array(simulated, { minLength: 1, maxLength: 6 }), (tasks) => {
        let most = 0;
        simulate(
          tasks,
          9000,
          (_, rates) =>
            (most = Math.max(
              most,
              rates.reduce((sum, rate) => sum + rate, 0),
            )),
        );
        expect(most).toBeLessThanOrEqual(budget);
      }),
      { numRuns: 40 },
    );
  });
});

describe('advance', () => {
  const view = (nowMs: number, change: Partial<View> = {}): View => ({
    nowMs,
    budget,
    others: [],
    moved: 0,
    isHeard: true,
    canTell: true,
    ...change,
  });
  const alone = advance(begun(newcomer(0), 0), view(125));

  it('keeps its share until somebody listens for changes', () => {
    const crowded = { others: [{ demand: Infinity, holds: 0 }] };
    expect(advance(alone, view(500, { ...crowded, canTell: false })).granted).toBe(budget);
    expect(advance(alone, view(500, crowded)).granted).toBe(budget / 2);
  });

  it('holds the old share until the driver had time to keep to the new one', () => {
    const crowded = { others: [{ demand: Infinity, holds: 0 }] };
    const lowered = advance(alone, view(500, crowded));
    expect([lowered.granted, lowered.holds]).toEqual([budget / 2, budget]);
    expect(advance(lowered, view(625, crowded)).holds).toBe(budget / 2);
  });

  it('changes at most four times a second', () => {
    const lowered = advance(alone, view(500, { others: [{ demand: Infinity, holds: 0 }] }));
    const crowd = {
      others: [
        { demand: Infinity, holds: 0 },
        { demand: Infinity, holds: 0 },
      ],
    };
    expect(advance(lowered, view(625, crowd)).granted).toBe(budget / 2);
    expect(advance(advance(lowered, view(625, crowd)), view(750, crowd)).granted).toBe(budget / 3);
  });

  it.each([
    ['it did not look for a while', view(4000)],
    ['nobody can read what it wrote', view(500, { isHeard: false })],
  ])('starts again from nothing when %s', (_, forgotten) => {
    expect(advance(alone, forgotten).granted).toBe(0);
  });

  it('wants nothing while it is paused', () => {
    const paused = advance({ ...alone, stage: 'paused' }, view(500));
    expect([paused.demand, paused.granted]).toEqual([0, 0]);
    expect(advance(begun(paused, 1000), view(1000)).granted).toBe(budget);
  });

  it('has no limit where the group has none', () => {
    expect(advance(alone, view(500, { budget: Infinity })).granted).toBe(Infinity);
  });
});
