import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { posix } from 'node:path';
import { expect } from 'vitest';
import { faultCell } from '../fault-cell.ts';
import type { Hit, HitOptions } from '../fault-cell.ts';
import { farEndFaults } from '../fault-matrix-far-ends.ts';
import type { ImagectlResult } from '../imagectl.ts';
import type { Lab } from '../lab.ts';
import { farHalfOf } from './copy-processes.ts';
import { farScene } from './far-scene.ts';
import { farWays } from './far-ways.ts';
import { hitMidway, quickly } from './hit-midway.ts';

const shells = { noisy: 'echo "Welcome, stranger"; echo "No news" >&2', narrow: 'umask 077', wide: 'umask 000' } as const;
const losers = {
  'rsync to a host': 'bereft-0',
  'rsync from a host': 'bereft-1',
  'ssh to a host': 'bereft-2',
  'ssh from a host': 'bereft-3',
} as const;

/** Hosts with something of their own: a `.bashrc`, or no rsync or perl from some time on. */
export const shellHosts: Readonly<Record<string, object>> = Object.fromEntries(
  [...Object.keys(shells), ...Object.values(losers)].map((name) => [name, {}]),
);

export async function prepareShells(lab: Lab): Promise<void> {
  for (const [name, words] of Object.entries(shells)) await writeFile(lab.host(name).outside(`${homedir()}/.bashrc`), `${words}\n`);
}

/** What runs over there is not what we would have there. */
export function shellCells(lab: () => Lab): void {
  for (const way of ['rsync to a host', 'scp to a host', 'ssh to a host', 'ssh from a host'] as const)
    faultCell(lab, {
      row: farEndFaults.noisy,
      way,
      scene: (lab) => farScene(lab, way, { far: 'noisy', anyDriver: way === 'rsync to a host' }),
      inject: (hit) => hit.start(orScp(farWays[way].driver)).done,
    });
  for (const way of ['ssh to a host', 'rsync to a host', 'scp to a host'] as const)
    for (const far of ['narrow', 'wide'] as const)
      faultCell(lab, { row: farEndFaults[far], way, scene: (lab) => farScene(lab, way, { far }), inject: expectModes });
  for (const [way, far] of Object.entries(losers) as [keyof typeof losers, string][]) {
    const { driver, to } = farWays[way];
    faultCell(lab, {
      row: farEndFaults.toolVanishes,
      way,
      scene: (lab) => farScene(lab, way, { far, anyDriver: to === 'far' }),
      inject: (hit) => hitMidway(hit, () => takeAway(hit, far, driver === 'ssh' ? 'perl' : driver), orScp(driver)),
      mend: ({ lab }) => lab.host(far).run(['umount', '--lazy', '/usr/bin']),
    });
  }
}

/** A driver, and the one that follows it. */
function orScp(driver: string): HitOptions {
  return { ...quickly, config: { ...quickly.config, drivers: [...new Set([driver, 'scp'])] } };
}

async function expectModes(hit: Hit): Promise<ImagectlResult> {
  const { from, to } = hit.scene;
  const directory = to.host.outside(posix.dirname(to.path));
  const modes = async (): Promise<readonly string[]> =>
    Promise.all((await readdir(directory)).map(async (name) => ((await stat(`${directory}/${name}`)).mode & 0o777).toString(8)));
  await chmod(from.host.outside(from.path), 0o640);
  const result = await hitMidway(hit, async () => expect(await modes(), 'while it arrives').toEqual(['600']));
  expect(await modes(), result.story).toEqual(['640']);
  return result;
}

/** A layer over the tools of a host, in which one is missing. */
async function takeAway({ lab, scene }: Hit, name: string, tool: string): Promise<void> {
  const host = lab.host(name);
  const { pid } = await farHalfOf(lab, scene);
  for (const layer of ['upper', 'work']) await mkdir(host.outside(`/srv/${layer}`));
  await host.run(['mount', '-t', 'overlay', '-o', 'lowerdir=/usr/bin,upperdir=/srv/upper,workdir=/srv/work', 'overlay', '/usr/bin']);
  await host.run(['rm', `/usr/bin/${tool}`]);
  process.kill(pid, 'SIGKILL');
}
