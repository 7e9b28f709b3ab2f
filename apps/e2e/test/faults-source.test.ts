import { randomBytes } from 'node:crypto';
import { open, rename, rm, truncate } from 'node:fs/promises';
import { describe } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { faultCell } from '../src/fault-cell.ts';
import type { Hit } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import { inTheMiddle } from '../src/faults/in-the-middle.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { writeRandomImage } from '../src/image-files.ts';

const ways = ['cp', 'rsync'] as const;
const mebibyte = 1024 * 1024;

describeLab('the source of a copy here', { hosts: {}, tools: ['strace'], sideBySide: true }, (lab) => {
  const happenings = [
    { row: localFaults.sourceChanges, happen: (hit: Hit) => overwrite(hit, 12) },
    { row: localFaults.sourceGrows, happen: (hit: Hit) => overwrite(hit, 16) },
    { row: localFaults.sourceShrinks, happen: (hit: Hit) => truncate(source(hit), 8 * mebibyte) },
    { row: localFaults.sourceGone, happen: (hit: Hit) => rm(source(hit)) },
    { row: localFaults.sourceReplaced, happen: replace },
  ];
  describe.concurrent.each(ways)('by %s', (way) => {
    for (const { row, happen } of happenings) {
      faultCell(lab, {
        row,
        way,
        scene: (lab) => localScene(lab, way, { changes: true }),
        inject: inTheMiddle(happen),
        // Nobody writes to it any more.
        ...(row === localFaults.sourceGone && { mend: (hit: Hit) => writeRandomImage(source(hit), 16) }),
      });
    }
  });
});

function source({ scene: { from } }: Hit): string {
  return from.host.outside(from.path);
}

async function overwrite(hit: Hit, atMebibyte: number): Promise<void> {
  const file = await open(source(hit), 'r+');
  await file.write(randomBytes(mebibyte), 0, mebibyte, atMebibyte * mebibyte);
  await file.close();
}

async function replace(hit: Hit): Promise<void> {
  await writeRandomImage(`${source(hit)}.new`, 16);
  await rename(`${source(hit)}.new`, source(hit));
}
