import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { startLab } from '@image-api/e2e/lab';
import type { Lab, LabHost } from '@image-api/e2e/lab';
import type { Heats } from './heats.ts';

/** Where every host of the lab has a filesystem of its own. */
export const disk = '/srv/disk';

/**
 * Hosts on links of that speed, each with an ext4 kept in a file in `folder`: what is written there goes to the disk that is measured.
 *
 * @param rate as `tc` writes it; `undefined` for as fast as the machine
 */
export async function startSshLab(folder: string, mebibytes: number, rate: string | undefined): Promise<Lab> {
  const lab = await startLab({ hosts: { far: {}, other: {} }, ...(rate !== undefined && { rate }) });
  try {
    await Promise.all(lab.all.map((host) => giveDisk(host, join(folder, `${host.name}.ext4`), mebibytes)));
    return lab;
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

/** Do something with such hosts. Only root may make them: else it is left out, which is told by its name. */
export async function withSshLab<T>(
  name: string,
  lab: { readonly folder: string; readonly mebibytes: number; readonly rate: string | undefined },
  work: (lab: Lab) => Promise<T>,
): Promise<T | undefined> {
  if (process.getuid?.() !== 0) {
    console.log(`${name}: left out, only root may make hosts`);
    return undefined;
  }
  const started = await startSshLab(lab.folder, lab.mebibytes, lab.rate);
  try {
    return await work(started);
  } finally {
    await started.stop();
  }
}

/** A file of a host, as one types it where the command runs. */
export function addressOf({ here }: Lab, host: LabHost, path: string): string {
  return host === here ? path : `${host.name}:${path}`;
}

/** Where a copy begins and ends. */
interface Place {
  readonly host: LabHost;
  readonly path: string;
}

/** For a race whose contenders all make the same copy: it is not there before a run, and holds the same bytes after it. */
export function eachAnew(from: Place, to: Place): Pick<Heats, 'reset' | 'check'> {
  const [source, copy] = [from, to].map(({ host, path }) => host.outside(path)) as [string, string];
  return {
    reset: async () => {
      await rm(copy, { force: true });
      await execa('sync', ['-f', to.host.outside(disk)]);
    },
    check: async () => void (await execa('cmp', [source, copy])),
  };
}

async function giveDisk(host: LabHost, image: string, mebibytes: number): Promise<void> {
  // Of an earlier lab, which has unmounted it.
  await rm(image, { force: true });
  const file = await open(image, 'wx');
  await file.truncate(mebibytes * 2 ** 20);
  await file.close();
  await execa('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image]);
  // The hosts do not see the folder, but the devices.
  const { stdout: device } = await execa('losetup', ['--find', '--show', image]);
  await host.run(['mkdir', disk]);
  await host.run(['mount', device, disk]);
  // Now it goes when the mount does.
  await execa('losetup', ['--detach', device]);
  await host.run(['mkdir', `${disk}/from`, `${disk}/to`]);
}
