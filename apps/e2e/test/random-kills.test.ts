import { randomInt } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied } from '../src/expect-copied.ts';
import { copyArgs } from '../src/random-kills/copy-args.ts';
import { makeLane } from '../src/random-kills/lane.ts';
import type { Lane } from '../src/random-kills/lane.ts';
import { runLane } from '../src/random-kills/run-lane.ts';
import type { LaneResult } from '../src/random-kills/run-lane.ts';
import { tallyOf, tallyText } from '../src/random-kills/tally.ts';
import { processesOf } from '../src/processes.ts';

const kills = process.env['CHECK_ALL'] ? 501 : 60;
const deadlineMs = kills * 10_000;

/** Run with the seed of a failed run to draw the same sources, drivers and moments again. */
const seed = process.env['KILL_SEED'] ?? String(randomInt(2 ** 32));

const directions = [
  { name: 'here', fromHost: 'here', toHost: 'here', drivers: ['cp', 'rsync'] },
  { name: 'up', fromHost: 'here', toHost: 'alpha', drivers: ['ssh', 'rsync', 'scp'] },
  { name: 'down', fromHost: 'alpha', toHost: 'here', drivers: ['ssh', 'rsync', 'scp'] },
] as const;

describeLab('copies that are killed with -9 again and again', { hosts: { alpha: {} }, sideBySide: true }, (lab) => {
  let lanes: readonly Lane[] = [];
  let results: readonly LaneResult[] = [];

  beforeAll(async () => {
    lanes = await Promise.all(directions.map((direction) => makeLane(lab(), direction)));
  });

  it(
    'never show anything but the complete old or the complete new image, and do not touch the source',
    async () => {
      results = await Promise.all(lanes.map((lane) => runLane(lab(), lane, seed, kills / lanes.length)));
      console.log(`killed at random, KILL_SEED=${seed}\n${tallyText(results.flatMap((result) => result.kills))}`);
      expect(results.flatMap(({ breaches }) => breaches)).toEqual([]);
    },
    deadlineMs,
  );

  it('were in the middle of it at least half of the time, and in every part of it', () => {
    const tally = tallyOf(results.flatMap((result) => result.kills));
    expect(tally.kills).toBeGreaterThanOrEqual(kills);
    expect(tally.inside).toBeGreaterThanOrEqual(tally.kills / 2);
    const { plan, copy, verify, publish } = tally.phases;
    for (const count of [plan, copy, verify + publish]) expect(count).toBeGreaterThan(0);
  });

  it('leave nothing that the next copy does not clear away', async () => {
    const last = lanes.map((lane, index) => ({ lane, source: results[index]!.next }));
    const copies = last.map(({ lane, source }) =>
      lab().imagectl(['copy', ...copyArgs(lane, { source, driver: lane.drivers[0]!, verify: 'sha256' })]),
    );
    const ended = await Promise.all(copies);
    for (const [index, { lane, source }] of last.entries()) await expectCopied(ended[index]!, lane.destination, source.digest);
    expect((await Promise.all(lab().all.map(processesOf))).flat()).toEqual([]);
  });
});
