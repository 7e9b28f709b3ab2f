import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import type { Rule } from '../harness/breach.ts';
import { everyEnding } from './every-ending.ts';

/** What is watched in every copy of the run; these tests come late, so that there were many. */
const facts: readonly (readonly [string, Rule])[] = [
  ['makes and changes nothing beside `to`, however a copy ends', 'nothing beside `to` is made or changed'],
  ['writes into the very file it was given', '`to` stays the file it was'],
  ['leaves the source as it was', 'the source stays as it was'],
  ['leaves no process behind, however a copy ends', 'no process is left'],
  ['leaves its scratch directory empty', 'the scratch directory is left empty'],
];

export const onlyToTests: readonly ConformanceTest[] = facts.map(([name, rule]) => ({
  group: 'only to',
  name,
  applies: always,
  run: async (harness) => {
    await everyEnding(harness);
    expect(harness.breachesOf(rule)).toEqual([]);
  },
}));
