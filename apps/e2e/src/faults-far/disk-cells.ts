import { faultCell } from '../fault-cell.ts';
import { farEndFaults } from '../fault-matrix-far-ends.ts';
import { pieceOf, spoil } from '../faults/bad-sector.ts';
import type { Lab } from '../lab.ts';
import type { LabHost } from '../lab-host.ts';
import { mountFilesystem } from '../loop-filesystem.ts';
import { farDisks } from './far-disks.ts';
import type { FarDisk, MakeFarDisk } from './far-disks.ts';
import { farScene } from './far-scene.ts';
import { farWays } from './far-ways.ts';
import { hitMidway, quickly } from './hit-midway.ts';

const mebibyte = 1024 * 1024;

/** The disk of the destination over there, or that of the source, fails. */
export function diskCells(lab: () => Lab): void {
  for (const way of ['ssh to a host', 'rsync to a host', 'scp to a host'] as const)
    for (const fault of Object.keys(farDisks) as (keyof typeof farDisks)[]) destinationCell(lab, fault, way);
  for (const way of Object.keys(farEndFaults.badSource.ways) as (keyof typeof farEndFaults.badSource.ways)[]) sourceCell(lab, way);
}

function destinationCell(lab: () => Lab, fault: keyof typeof farDisks, way: 'rsync to a host' | 'scp to a host' | 'ssh to a host'): void {
  const make: MakeFarDisk = farDisks[fault];
  let disk: FarDisk;
  faultCell(lab, {
    row: farEndFaults[fault],
    way,
    scene: async (lab) => {
      disk = await make(lab.host('alpha'), `${fault}-${farWays[way].driver}`);
      return farScene(lab, way, { toDirectory: disk.directory });
    },
    inject: async (hit) => {
      await disk.before?.();
      return disk.midway ? hitMidway(hit, disk.midway) : hit.start(quickly).done;
    },
    mend: () => disk.mend(),
  });
}

function sourceCell(lab: () => Lab, way: keyof typeof farEndFaults.badSource.ways): void {
  const name = `spoilt-${farWays[way].driver}`;
  const remount = async ({ host }: { readonly host: LabHost }, between: () => Promise<void>): Promise<void> => {
    await host.run(['umount', `/srv/${name}`]);
    await between();
    await host.run(['mount', '-o', 'loop', `/srv/${name}.fs`, `/srv/${name}`]);
  };
  let restore: () => Promise<void>;
  faultCell(lab, {
    row: farEndFaults.badSource,
    way,
    scene: async (lab) => {
      const host = lab.host(farWays[way].from === 'here' ? 'here' : 'alpha');
      return farScene(lab, way, { fromDirectory: await mountFilesystem(host, 'btrfs', 128, name) });
    },
    inject: async (hit) => {
      const { from } = hit.scene;
      const piece = await pieceOf(from, 8 * mebibyte);
      await remount(from, async () => void (restore = await spoil({ host: from.host, path: `/srv/${name}.fs` }, piece)));
      return hit.start(quickly).done;
    },
    mend: ({ scene }) => remount(scene.from, restore),
  });
}
