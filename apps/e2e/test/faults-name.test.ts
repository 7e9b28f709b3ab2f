import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { describe, expect } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { faultCell } from '../src/fault-cell.ts';
import type { Hit } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import { putStrangerAt } from '../src/fault-scene.ts';
import { inTheMiddle } from '../src/faults/in-the-middle.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { quickly } from '../src/faults/slow-copy.ts';
import { listing } from '../src/listing.ts';

const ways = ['cp', 'rsync'] as const;

describeLab('the name of a copy here', { hosts: {}, tools: ['strace'], sideBySide: true }, (lab) => {
  const obstacles = [
    { row: localFaults.link, put: withTarget },
    { row: localFaults.danglingLink, put: (hit: Hit) => symlink('nowhere', destination(hit)) },
    { row: localFaults.directory, put: (hit: Hit) => mkdir(destination(hit)) },
    { row: localFaults.fifo, put: (hit: Hit) => hit.lab.here.run(['mkfifo', hit.scene.to.path]) },
  ];
  describe.concurrent.each(ways)('by %s', (way) => {
    for (const { row, put } of obstacles) {
      faultCell(lab, {
        row,
        way,
        scene: (lab) => localScene(lab, way, { args: ['--overwrite', 'replace'] }),
        inject: async (hit) => {
          await put(hit);
          const before = await listing(hit.lab.here, own(hit));
          const result = await hit.start(quickly).done;
          expect(await listing(hit.lab.here, own(hit)), result.story).toEqual(before);
          return result;
        },
        mend: (hit) => rm(destination(hit), { recursive: true }),
      });
    }

    faultCell(lab, {
      row: localFaults.exists,
      way,
      scene: (lab) => localScene(lab, way),
      inject: async (hit) => {
        await putStrangerAt(hit.scene.to);
        return hit.start(quickly).done;
      },
      mend: (hit) => rm(destination(hit)),
    });

    faultCell(lab, {
      row: localFaults.appears,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(({ scene }) => putStrangerAt(scene.to)),
      mend: (hit) => rm(destination(hit)),
    });

    faultCell(lab, {
      row: localFaults.directorySwapped,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(async (hit) => {
        const directory = posix.dirname(destination(hit));
        await mkdir(`${directory}-other`);
        await rename(directory, `${directory}-moved`);
        await symlink('out-other', directory);
      }),
      mend: async (hit) => {
        const directory = posix.dirname(destination(hit));
        expect(await readdir(`${directory}-other`), 'the other directory').toEqual([]);
        await rm(directory);
        await rename(`${directory}-moved`, directory);
      },
    });
  });
});

function own({ scene: { from } }: Hit): string {
  return posix.dirname(from.path);
}

function destination({ scene: { to } }: Hit): string {
  return to.host.outside(to.path);
}

/** A link to a file that must stay as it is. */
async function withTarget(hit: Hit): Promise<void> {
  await writeFile(`${posix.dirname(destination(hit))}/../behind.raw`, 'must stay');
  await symlink('../behind.raw', destination(hit));
}
