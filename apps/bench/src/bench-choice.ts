import { rm, writeFile } from 'node:fs/promises';
import type { Lab, LabHost } from '@image-api/e2e/lab';
import { raceInHeats } from './heats.ts';
import { imagectl } from './imagectl.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { median } from './race.ts';
import type { Score } from './race.ts';
import type { Comparison } from './section.ts';
import type { Setting } from './setting.ts';
import { makeSshImage } from './ssh-images.ts';
import type { SshImage } from './ssh-images.ts';
import { addressOf, disk, eachAnew, startSshLab } from './ssh-lab.ts';

/** Who has the image and who is to have it; `here` is where the command runs. */
type Route = readonly [from: 'here' | 'far', to: 'here' | 'far' | 'other'];

const up: Route = ['here', 'far'];
const down: Route = ['far', 'here'];
const within: Route = ['here', 'here'];
const between: Route = ['far', 'other'];

/** Hosts on links of one speed, and what is copied there. */
interface LabJobs {
  readonly words: string;
  /** As `tc` writes it; absent for as fast as the machine. */
  readonly rate?: string;
  /** Of the size that was asked for: on slow links the images are smaller. */
  readonly share: number;
  readonly jobs: readonly (readonly [SshImage, Route])[];
}

const labs: readonly LabJobs[] = [
  {
    words: 'within a machine',
    share: 1,
    jobs: [
      ['dense', within],
      ['sparse', within],
    ],
  },
  {
    words: '1 Gbit/s',
    rate: '1gbit',
    share: 1 / 2,
    jobs: [
      ['dense', up],
      ['sparse', up],
      ['qcow2', down],
      ['sparse', down],
      ['sparse', between],
    ],
  },
  {
    words: '100 Mbit/s',
    rate: '100mbit',
    share: 1 / 8,
    jobs: [
      ['dense', down],
      ['sparse', up],
      ['qcow2', up],
    ],
  },
  {
    words: 'no link between',
    share: 1 / 2,
    jobs: [
      ['dense', up],
      ['sparse', down],
    ],
  },
];

/** As fast as another, for all that rounds tell. */
const even = 1.02;
/** Fastest, or lost by no more than this. */
const bearable = 1.15;
const why = 'The plan goes by what the drivers guess beforehand, on a route where nothing was copied yet.';

/** Whether the driver that is planned is the fastest of those that could: each of them does the same job. Needs root, for the hosts. */
export async function benchChoice(setting: Setting): Promise<Outcome | undefined> {
  if (process.getuid?.() !== 0) {
    console.log('choice: left out, only root may make hosts');
    return undefined;
  }
  const scores: Score[] = [];
  for (const lab of labs) scores.push(...(await inLab(setting, lab)));
  const lost = scores.map(lossOf);
  const [best, close] = [1, even].map((most) => lost.filter((loss) => loss <= most).length);
  return {
    ...outcomeOf(scores),
    section: {
      title: 'The choice of a driver',
      about: `Every driver that would take a job does it, by \`--driver\`; the first of each table is the one that is planned without, where nothing was
copied yet. It was the fastest in ${best} of ${scores.length}, and as fast but for 2 % in ${close}; at the most it took ${Math.ceil((Math.max(...lost) - 1) * 100)} % longer. Drivers that were not the best or
the second in the first round ran once.`,
      judgedBy: 'median',
      comparisons: scores.map(comparisonOf),
    },
  };
}

async function inLab({ folder, rounds, mebibytes }: Setting, { words, rate, share, jobs }: LabJobs): Promise<readonly Score[]> {
  const looks = Math.max(64, Math.ceil((mebibytes * share) / 8) * 8);
  const lab = await startSshLab(folder, looks * 3 + 512, rate);
  try {
    const scores: Score[] = [];
    for (const [image, route] of jobs) {
      const [from, to] = route.map((name) => lab.host(name)) as [LabHost, LabHost];
      const { name } = await makeSshImage(image, from.outside(`${disk}/from`), looks, folder);
      scores.push(await raceOfDrivers(lab, { title: titleOf(words, image, route), from, to, name, rounds }));
      for (const path of [from.outside(`${disk}/from/${name}`), to.outside(`${disk}/to/${name}`)]) await rm(path);
    }
    return scores;
  } finally {
    await lab.stop();
  }
}

function titleOf(words: string, image: SshImage, route: Route): string {
  const way = route === between ? ', from host to host' : route === within ? '' : route === up ? ', up' : ', down';
  return `Choice: ${image}, ${words}${way}`;
}

interface Job {
  readonly title: string;
  readonly from: LabHost;
  readonly to: LabHost;
  readonly name: string;
  readonly rounds: number;
}

async function raceOfDrivers(lab: Lab, { title, from, to, name, rounds }: Job): Promise<Score> {
  const { here } = lab;
  const [source, copy] = [`${disk}/from/${name}`, `${disk}/to/${name}`];
  const words = [
    addressOf(lab, from, source),
    addressOf(lab, to, copy),
    '--ssh-config',
    '/etc/ssh/lab.conf',
    '--config',
    await withoutHistory(here),
  ];
  const { stdout } = await here.run(imagectl('plan', ...words, '--json').command);
  const { candidates } = JSON.parse(String(stdout)) as { candidates: readonly { driver: string; accepted: boolean }[] };
  const drivers = candidates.filter(({ accepted }) => accepted).map(({ driver }) => driver);
  const contenders = drivers.map((driver, index) => ({
    name: index === 0 ? `${driver}, as planned` : driver,
    command: here.enter(imagectl('copy', ...words, '--quiet', '--driver', driver).command),
  }));
  return raceInHeats(title, contenders, {
    rounds,
    finalists: 1,
    ...eachAnew({ host: from, path: source }, { host: to, path: copy }),
  });
}

/** What was learnt from one driver's copies must not speak for or against another. */
async function withoutHistory(here: LabHost): Promise<string> {
  const path = '/etc/ssh/choice.json';
  await writeFile(here.outside(path), JSON.stringify({ history: false }));
  return path;
}

/** How many times as long as the fastest of the others the planned one took. */
function lossOf({ times: [planned, ...others] }: Score): number {
  const best = Math.min(...others.map(({ seconds }) => median(seconds)));
  return median(planned?.seconds ?? []) / best;
}

function comparisonOf({ title, times }: Score): Comparison {
  return { title, contenders: times, aims: times.length > 1 ? [{ beside: 'best peer', atMost: bearable, why }] : [] };
}
