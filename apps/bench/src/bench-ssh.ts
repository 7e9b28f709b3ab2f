import type { Lab, LabHost } from '@image-api/e2e/lab';
import { execa } from 'execa';
import { comparisonOfRace } from './comparison-of.ts';
import { raceInHeats } from './heats.ts';
import { imagectl } from './imagectl.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { Contender } from './race.ts';
import type { Scenario } from './scenario.ts';
import type { Comparison } from './section.ts';
import type { Setting } from './setting.ts';
import { makeSshImage } from './ssh-images.ts';
import type { MadeImage, SshImage } from './ssh-images.ts';
import { addressOf, disk, eachAnew, withSshLab } from './ssh-lab.ts';
import { betweenPeers, sshPeers, verifiedPeer } from './ssh-peers.ts';
import type { Direction } from './ssh-peers.ts';
import { aboutImage, comparisonOf, plannedOf } from './ssh-section.ts';
import type { Link, Planned } from './ssh-section.ts';

/** A slow link gets a smaller image, so that a round takes no longer. */
const links = {
  '100m': { rate: '100mbit', words: '100 Mbit/s', bytesPerSecond: 100e6 / 8, share: 1 / 8 },
  '1g': { rate: '1gbit', words: '1 Gbit/s', bytesPerSecond: 1e9 / 8, share: 1 },
  unlimited: { words: 'no link between', share: 1 },
} as const satisfies Readonly<Record<string, Link>>;
const images: readonly SshImage[] = ['dense', 'sparse', 'qcow2'];

/** `ssh-1g-sparse` and all the others. */
export const sshScenarios: Readonly<Record<string, Scenario>> = Object.fromEntries([
  ...Object.entries(links).flatMap(([name, link]) =>
    images.map((image) => [`ssh-${name}-${image}`, scenarioOf({ link, image, directions: ['up', 'down'] })]),
  ),
  ['ssh-1g-between', scenarioOf({ link: links['1g'], image: 'sparse', directions: ['between'] })],
]) as Readonly<Record<string, Scenario>>;

interface Job {
  readonly link: Link;
  readonly image: SshImage;
  readonly directions: readonly Direction[];
}

function scenarioOf(job: Job): Scenario {
  return { rounds: 5, run: (setting) => benchSsh(setting, job) };
}

/** An image to another host and from there, over one session of ssh and by the tools people use. Needs root, for the hosts. */
function benchSsh({ folder, rounds, mebibytes }: Setting, { link, image, directions }: Job): Promise<Outcome | undefined> {
  const looks = Math.max(64, Math.ceil((mebibytes * link.share) / 8) * 8);
  return withSshLab('ssh', labFor(folder, looks, link), async (lab) => {
    const made = await makeSshImage(image, lab.here.outside(`${disk}/from`), looks, folder);
    await execa('cp', [
      '--sparse=always',
      lab.here.outside(`${disk}/from/${made.name}`),
      lab.host('far').outside(`${disk}/from/${made.name}`),
    ]);
    const comparisons: Comparison[] = [];
    for (const direction of directions) comparisons.push(await compare(lab, { link, image, made, direction, rounds }));
    const section = {
      title: ['ssh', link.words, image, ...(directions.includes('between') ? ['from host to host'] : [])].join(', '),
      about: aboutImage(image, made, link, directions),
      judgedBy: 'median',
      comparisons,
    } as const;
    return { ...outcomeOf(comparisons.map(({ title, contenders }) => ({ title, times: contenders }))), record: { made }, section };
  });
}

/** What it costs to know that every byte arrived at another host. Needs root, for the hosts. */
export function benchVerifiedOverSsh({ folder, rounds, mebibytes }: Setting): Promise<Outcome | undefined> {
  const link = links['1g'];
  return withSshLab('verified-over-ssh', labFor(folder, mebibytes, link), async (lab) => {
    const made = await makeSshImage('sparse', lab.here.outside(`${disk}/from`), mebibytes, folder);
    const [from, to] = [`${disk}/from/${made.name}`, `${disk}/to/${made.name}`];
    const words = [from, addressOf(lab, lab.host('far'), to), '--ssh-config', '/etc/ssh/lab.conf', '--quiet', '--verify'];
    const copy = (verify: string): Contender => ({
      name: `imagectl copy --verify ${verify}`,
      command: lab.here.enter(imagectl('copy', ...words, verify).command),
    });
    const contenders = [copy('content'), copy('size'), copy('sha256'), verifiedPeer(lab.here, { from, to })] as const;
    const [, bySize, bySha256] = contenders;
    const turn = eachAnew({ host: lab.here, path: from }, { host: lab.host('far'), path: to });
    const title = `Verified copy over ${link.words}, sparse, up`;
    const score = await raceInHeats(title, contenders, { rounds, finalists: contenders.length, ...turn });
    return {
      ...outcomeOf([score]),
      record: { made },
      section: {
        title: 'Verified copies over ssh',
        about: `${aboutImage('sparse', made, link, ['up'])} By \`content\` both ends hash what is not zeros, by \`sha256\` all of it: this end while it is copied, the other one behind it.`,
        judgedBy: 'median',
        comparisons: [comparisonOfRace(score, [{ beside: bySize.name, atMost: 1.25 }], [bySize.name, bySha256.name])],
      },
    };
  });
}

/** With room for an image and a copy of it, which may be as large as it looks. */
function labFor(folder: string, looks: number, { rate }: Link): Parameters<typeof withSshLab>[1] {
  return { folder, mebibytes: Math.ceil(looks * 2.2) + 256, rate };
}

interface Race {
  readonly link: Link;
  readonly image: SshImage;
  readonly made: MadeImage;
  readonly direction: Direction;
  readonly rounds: number;
}

async function compare(lab: Lab, race: Race): Promise<Comparison> {
  const { image, made, direction, rounds } = race;
  const [from, to] = [`${disk}/from/${made.name}`, `${disk}/to/${made.name}`];
  const { here } = lab;
  const [sender, receiver] = { up: [here, lab.host('far')], down: [lab.host('far'), here], between: [lab.host('far'), lab.host('other')] }[
    direction
  ] as [LabHost, LabHost];
  const words = [addressOf(lab, sender, from), addressOf(lab, receiver, to), '--ssh-config', '/etc/ssh/lab.conf'];
  const ours: Contender = { name: 'imagectl copy', command: here.enter(imagectl('copy', ...words, '--quiet').command) };
  const plan = async (): Promise<Planned> => plannedOf(String((await here.run(imagectl('plan', ...words, '--json').command)).stdout));
  const first = await plan();
  const isBetween = direction === 'between';
  const peers = isBetween ? betweenPeers(here, { from, to }) : await sshPeers(here, image, direction, { from, to }, made.bytes);
  const turn = eachAnew({ host: sender, path: from }, { host: receiver, path: to });
  const score = await raceInHeats('', [ours, ...peers], { rounds, finalists: 2, ...turn });
  await turn.reset();
  return comparisonOf(score, race, { first, next: await plan() });
}
