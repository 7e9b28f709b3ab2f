import { stat, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { LabHost } from '../lab-host.ts';

/**
 * What a power cut does to `/srv/<name>`, a filesystem in `/srv/<name>.fs`: what was not written to the disk yet is lost. Then it is
 * mounted again. Proves by a file of its own that something was lost.
 *
 * @param meanwhile what has to end before the filesystem can be let go of
 */
export async function cutPower(host: LabHost, name: string, meanwhile: Promise<unknown> = Promise.resolve()): Promise<void> {
  const [disk, mountPoint] = [`/srv/${name}.fs`, `/srv/${name}`];
  const witness = host.outside(`${mountPoint}/witness`);
  await writeFile(witness, Buffer.alloc(1024 * 1024, 1));
  await host.run(['xfs_io', '-x', '-c', 'shutdown', mountPoint]);
  await meanwhile;
  await host.run(['sh', '-c', `for i in $(seq 100); do umount ${mountPoint} && exit; sleep 0.05; done`]);
  await host.run(['mount', '-o', 'loop', disk, mountPoint]);
  const left = await stat(witness).catch(() => undefined);
  expect(left?.blocks ?? 0, 'blocks of a file that was never synced').toBe(0);
  await host.run(['rm', '-f', `${mountPoint}/witness`]);
}
