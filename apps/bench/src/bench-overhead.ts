import { join } from 'node:path';
import { comparisonOfRace } from './comparison-of.ts';
import { imagectl } from './imagectl.ts';
import { withLibrary } from './library.ts';
import { makeImage } from './make-image.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { median, race } from './race.ts';
import type { Score } from './race.ts';
import { reportMicroseconds } from './report-cost.ts';
import type { Setting } from './setting.ts';

const nothing = 'node -e 0';
const plans = 50;

/** What we cost besides the copy: the start of the command line, and planning. Rounds are cheap, and so there are some more. */
export async function benchOverhead({ folder, rounds }: Setting): Promise<Outcome> {
  const [from, to] = [join(folder, 'disk.raw'), join(folder, 'copy.raw')];
  await makeImage(from, 1);
  const again = ['--overwrite', 'replace', '--quiet'] as const;
  const contenders = [
    { ...imagectl('--version'), name: 'imagectl --version' },
    { ...imagectl('plan', from, to, ...again), name: 'imagectl plan' },
    { ...imagectl('copy', from, to, ...again), name: 'imagectl copy' },
    { name: nothing, command: [process.execPath, '-e', '0'] as const },
  ];
  const score = await race('The start of a process', contenders, rounds, async () => undefined);
  const planMs = await planMilliseconds(from, join(folder, 'planned.raw'));
  const planned = `A plan by a program that has the library loaded takes ${planMs.toFixed(1)} ms, the median of ${plans}.`;
  const reportUs = await reportMicroseconds(from, join(folder, 'reported.raw'));
  const reported = `A driver's word of how far it is costs ${reportUs.toFixed(1)} µs of processor time, with somebody who listens to the events.`;
  const { text, record } = outcomeOf([score]);
  return {
    text: `${text}\n  ${planned}\n  ${reported}`,
    record: { ...record, planMs, reportUs },
    section: {
      title: 'Overhead',
      about: 'What a process of ours takes besides the copy, beside one of Node that does nothing.',
      judgedBy: 'least',
      comparisons: [
        comparisonOfRace(pick(score, 'Start of imagectl --version', 'imagectl --version'), [
          { beside: nothing, atMost: 0.06, inSeconds: true },
        ]),
        {
          ...comparisonOfRace(
            pick(score, 'imagectl copy of 1 MiB', 'imagectl copy', 'imagectl plan'),
            [{ beside: nothing, atMost: 0.15, inSeconds: true }],
            ['imagectl plan'],
          ),
          remarks: [planned, reported],
        },
      ],
    },
  };
}

/** Some contenders of a race, and Node that does nothing. */
function pick({ times }: Score, title: string, ...names: readonly string[]): Score {
  return { title, times: [...names, nothing].flatMap((name) => times.filter((time) => time.name === name)) };
}

async function planMilliseconds(from: string, to: string): Promise<number> {
  return withLibrary(async (api) => {
    const times: number[] = [];
    for (let round = 0; round < plans; round++) {
      const start = performance.now();
      await api.plan(from, to);
      times.push(performance.now() - start);
    }
    return median(times);
  });
}
