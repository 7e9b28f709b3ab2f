import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testsFor } from '../src/describe-driver.ts';
import { describeDriver } from '../src/index.ts';
import type { ConformanceOptions } from '../src/index.ts';
import { CachedRoute } from './cached-route.ts';
import type { RouteFault } from './cached-route.ts';
import { failuresWith } from './failures-of.ts';

const route = new CachedRoute();
beforeAll(() => route.open());
afterAll(() => route.close());

const groups: ConformanceOptions['groups'] = ['resume', 'delta', 'limits', 'pause'];
const optionsFor = (fault?: RouteFault): ConformanceOptions => ({
  create: () => route.driver(fault),
  stage: route.stage,
  groups,
  lagMs: 500,
});

describeDriver('a driver that fetches into a cache first', optionsFor());

describe('on its way into a cache, what is meant for it finds a driver that', { timeout: 240_000 }, () => {
  it.concurrent.for([
    [
      'hurries',
      'limits',
      'holds 4 MiB/s over 16 MiB from the first byte on, though bytes come in gulps, and is over in time',
      'obeys a change within a second, and answers what is in force',
    ],
    ['sleepwalks', 'pause', 'moves no byte for half a second while it is paused, then finishes'],
    ['forgets', 'resume', 'goes on from what an interrupted try left, and sends little more than what was missing'],
    ['fetchesAll', 'delta', 'sends less than a tenth where one block of 64 MiB has changed'],
  ] as const)('%s', async ([fault, group, ...names], { expect }) => {
    const failures = await failuresWith({ ...optionsFor({ [fault]: true }), groups: [group] });
    // On a busy machine a copy that does not stand still may be over before it is cancelled.
    expect([...failures.keys()]).toEqual(expect.arrayContaining(names.map((name) => `${group}: ${name}`)));
  });
});

describe('the suite', () => {
  it('tries the groups it is told to', () => {
    expect(new Set(testsFor(optionsFor()).map(({ group }) => group))).toEqual(new Set(groups));
  });

  it.each([2001, Number.NaN, Infinity])('allows nobody a lag of %d ms', (lagMs) => {
    expect(() => describeDriver('late', { ...optionsFor(), lagMs })).toThrow('proves nothing');
  });
});
