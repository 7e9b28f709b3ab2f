import { randomBytes } from 'node:crypto';
import { open, rm, truncate } from 'node:fs/promises';
import { faultCell } from '../fault-cell.ts';
import { farEndFaults } from '../fault-matrix-far-ends.ts';
import { writeRandomImage } from '../image-files.ts';
import type { Lab } from '../lab.ts';
import { farScene } from './far-scene.ts';
import { hitMidway } from './hit-midway.ts';

const mebibyte = 1024 * 1024;

const happenings = {
  sourceChanges: overwriteEnd,
  sourceShrinks: (path: string) => truncate(path, 8 * mebibyte),
  sourceGone: (path: string) => rm(path),
} as const;

/** Somebody works on the image over there while it is copied. */
export function sourceCells(lab: () => Lab): void {
  for (const way of ['ssh from a host', 'rsync from a host', 'scp from a host'] as const)
    for (const [fault, happen] of Object.entries(happenings))
      faultCell(lab, {
        row: farEndFaults[fault as keyof typeof happenings],
        way,
        scene: (lab) => farScene(lab, way, { changes: true }),
        inject: (hit) => hitMidway(hit, () => happen(hit.scene.from.host.outside(hit.scene.from.path))),
        ...(fault === 'sourceGone' && { mend: ({ scene: { from } }) => writeRandomImage(from.host.outside(from.path), 16) }),
      });
}

async function overwriteEnd(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(randomBytes(mebibyte), 0, mebibyte, 15 * mebibyte);
  await file.close();
}
