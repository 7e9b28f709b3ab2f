import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { expect } from 'vitest';
import { faultCell } from '../fault-cell.ts';
import type { Hit } from '../fault-cell.ts';
import { expectExit } from '../expect-copied.ts';
import { farEndFaults } from '../fault-matrix-far-ends.ts';
import { putStrangerAt } from '../fault-scene.ts';
import { arrived } from '../faults/arrived.ts';
import { writeRandomImage } from '../image-files.ts';
import type { Lab } from '../lab.ts';
import { farScene } from './far-scene.ts';
import { hitMidway, quickly } from './hit-midway.ts';

const ways = ['ssh to a host', 'rsync to a host', 'scp to a host'] as const;

/** Something has, or takes, the name over there. */
export function nameCells(lab: () => Lab): void {
  const mend = (hit: Hit): Promise<void> => rm(destination(hit), { recursive: true });
  for (const way of ways) {
    const cell = { way, scene: (lab: Lab) => farScene(lab, way), mend };
    faultCell(lab, { ...cell, row: farEndFaults.exists, inject: (hit) => over(hit, () => putStrangerAt(hit.scene.to)) });
    faultCell(lab, { ...cell, row: farEndFaults.appears, inject: (hit) => hitMidway(hit, () => putStrangerAt(hit.scene.to)) });
    faultCell(lab, { ...cell, row: farEndFaults.directoryAppears, inject: (hit) => hitMidway(hit, () => mkdir(destination(hit))) });
  }
  const cell = { way: ways[0], scene: (lab: Lab) => farScene(lab, ways[0], { args: ['--overwrite', 'replace'] }), mend };
  faultCell(lab, { ...cell, row: farEndFaults.link, inject: linkTo });
  faultCell(lab, { ...cell, row: farEndFaults.danglingLink, inject: (hit) => over(hit, () => symlink('nowhere', destination(hit))) });
  faultCell(lab, { ...cell, row: farEndFaults.directory, inject: (hit) => over(hit, () => mkdir(destination(hit))) });
  faultCell(lab, {
    ...cell,
    row: farEndFaults.fifo,
    inject: (hit) => over(hit, () => hit.scene.to.host.run(['mkfifo', hit.scene.to.path])),
  });
}

/** Two copies want the name over there. */
export function rivalCells(lab: () => Lab): void {
  for (const way of ways) {
    faultCell(lab, {
      row: farEndFaults.sameCopy,
      way,
      scene: (lab) => farScene(lab, way),
      inject: (hit) => second(hit, hit.scene.from.path),
    });
    faultCell(lab, {
      row: farEndFaults.otherCopy,
      way,
      scene: (lab) => farScene(lab, way),
      inject: async (hit) => {
        const other = `${hit.scene.from.path}.other`;
        await writeRandomImage(hit.scene.from.host.outside(other), 8);
        return second(hit, other);
      },
    });
  }
}

type Injected = ReturnType<typeof hitMidway>;

/** Put something where the copy is to go, then start it. */
async function over(hit: Hit, put: () => Promise<unknown>): Injected {
  await put();
  return hit.start(quickly).done;
}

async function linkTo(hit: Hit): Injected {
  const behind = posix.join(posix.dirname(destination(hit)), '../behind.raw');
  await writeFile(behind, 'must stay');
  const result = await over(hit, () => symlink('../behind.raw', destination(hit)));
  expect(await readFile(behind, 'utf8')).toBe('must stay');
  return result;
}

/** Start another copy while the first one runs. Answers how the other one ended. */
async function second(hit: Hit, path: string): Injected {
  const { from, to, args } = hit.scene;
  const first = hit.start({ ...quickly, args: ['--limit', '2MiB/s'] });
  await arrived(hit, first);
  const same = path === from.path;
  const other = same ? hit.start(quickly) : hit.lab.start(['copy', path, `${to.host.name}:${to.path}`, '--json', ...args], quickly);
  const result = await other.done;
  expectExit(await first.done, 0);
  return result;
}

function destination({ scene: { to } }: Hit): string {
  return to.host.outside(to.path);
}
