import { mkdir } from 'node:fs/promises';
import { mountOnFailingDisk } from '../faults/failing-disk.ts';
import type { LabHost } from '../lab-host.ts';
import { mountFilesystem } from '../loop-filesystem.ts';

/** A filesystem of a far host that does not do what it should. */
export interface FarDisk {
  /** Where in it a copy is to arrive. */
  readonly directory: string;
  /** Before the copy begins. Default: nothing. */
  before?(): Promise<unknown>;
  /** Once a quarter of the image has arrived. Default: nothing. */
  midway?(): Promise<unknown>;
  mend(): Promise<unknown>;
}

/** Mounts it at, or below, `/srv/<name>`. */
export type MakeFarDisk = (host: LabHost, name: string) => Promise<FarDisk>;

export const farDisks = {
  tooSmall: async (host, name) => {
    const directory = await mountFilesystem(host, 'ext4', 16, name);
    const mend = async (): Promise<void> => {
      await host.run(['umount', directory]);
      await host.run(['mount', '-t', 'tmpfs', 'room', directory]);
    };
    return { directory, mend };
  },

  noSpace: async (host, name) => {
    const mountPoint = await mountFilesystem(host, 'ext4', 64, name);
    return {
      directory: `${mountPoint}/out`,
      midway: () => host.run(['sh', '-c', '! dd if=/dev/zero of="$1" bs=1M status=none', 'sh', `${mountPoint}/filler`]),
      mend: () => host.run(['rm', `${mountPoint}/filler`]),
    };
  },

  noSpaceAtSync: async (host, name) => {
    await mkdir(host.outside(`/srv/${name}`));
    await host.run(['mount', '-t', 'tmpfs', '-o', 'size=12m', 'cellar', `/srv/${name}`]);
    const directory = await mountFilesystem(host, 'ext4', 64, `${name}/above`, { journal: false });
    return { directory, mend: () => host.run(['mount', '-o', 'remount,size=100m', `/srv/${name}`]) };
  },

  badDisk: async (host, name) => {
    const mend = await mountOnFailingDisk(host, name, 64, 10);
    return { directory: `/srv/${name}/out`, mend };
  },

  readOnly: async (host, name) => {
    const directory = await mountFilesystem(host, 'ext4', 64, name);
    const remount = (mode: string): Promise<unknown> => host.run(['mount', '-o', `remount,${mode}`, directory]);
    return { directory, before: () => remount('ro'), mend: () => remount('rw') };
  },

  turnsReadOnly: async (host, name) => {
    const directory = await mountFilesystem(host, 'ext4', 64, name, { mount: ['errors=remount-ro'] });
    const trigger = 'echo 1 >/sys/fs/ext4/"$(basename "$(findmnt -no SOURCE "$1")")"/trigger_fs_error';
    const mend = async (): Promise<void> => {
      await host.run(['umount', directory]);
      await host.run(['sh', '-c', 'e2fsck -fy "$1"; [ $? -le 1 ]', 'sh', `${directory}.fs`]);
      await host.run(['mount', '-o', 'loop', `${directory}.fs`, directory]);
    };
    return { directory, midway: () => host.run(['sh', '-c', trigger, 'sh', directory]), mend };
  },
} as const satisfies Readonly<Record<string, MakeFarDisk>>;
