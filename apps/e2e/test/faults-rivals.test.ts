import { describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { faultCell } from '../src/fault-cell.ts';
import type { Hit } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import { arrived } from '../src/faults/arrived.ts';
import { holdStill } from '../src/faults/hold-still.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { quickly, slowly } from '../src/faults/slow-copy.ts';
import { sha256, writeRandomImage } from '../src/image-files.ts';
import type { ImagectlResult } from '../src/imagectl.ts';
import { linesOf } from '../src/result-lines.ts';

const ways = ['cp', 'rsync'] as const;

describeLab('two copies to one name here', { hosts: {}, tools: ['strace'], sideBySide: true }, (lab) => {
  describe.concurrent.each(ways)('by %s', (way) => {
    faultCell(lab, {
      row: localFaults.sameCopy,
      way,
      scene: (lab) => localScene(lab, way),
      inject: (hit) => whileHeld(hit, () => hit.start(quickly).done),
    });

    faultCell(lab, {
      row: localFaults.otherCopy,
      way,
      scene: (lab) => localScene(lab, way),
      inject: async (hit) => {
        const { from, to } = hit.scene;
        const other = `${from.path}.other`;
        await writeRandomImage(from.host.outside(other), 8);
        return whileHeld(hit, () => hit.lab.imagectl(['copy', other, to.path, '--driver', way, '--json'], quickly));
      },
    });
  });

  // Which of them is first is not known, so this is no row of the matrix.
  it.concurrent.each(ways)('end as one whole image when they start at the same moment: by %s', async (way) => {
    const { from, to } = await localScene(lab(), way);
    const other = `${from.path}.other`;
    await writeRandomImage(from.host.outside(other), 16);
    const digests = await Promise.all([from.path, other].map((path) => sha256(from.host.outside(path))));
    for (let round = 0; round < (process.env['CHECK_ALL'] ? 50 : 4); round += 1) {
      const images = round % 2 === 0 ? [from.path, other] : [from.path, from.path];
      const results = await Promise.all(images.map((image) => lab().imagectl(['copy', image, to.path, '--driver', way, '--json'])));
      const ends = results.map((result) => (linesOf(result).at(-1)?.['code'] as string | undefined) ?? 'DONE').toSorted();
      const stories = results.map(({ story }) => story).join('\n');
      expect(
        [
          ['DESTINATION_BUSY', 'DONE'],
          ['DESTINATION_EXISTS', 'DONE'],
        ],
        stories,
      ).toContainEqual(ends);
      expect(digests, stories).toContain(await sha256(to.host.outside(to.path)));
      await lab().here.run(['rm', to.path]);
      await lab().here.run(['rmdir', to.path.replace(/\/[^/]*$/, '')]);
      await lab().here.run(['mkdir', to.path.replace(/\/[^/]*$/, '')]);
    }
  });
});

/** What a second copy does while a first one is in its middle, which lasts until the second has ended. */
async function whileHeld(hit: Hit, second: () => Promise<ImagectlResult>): Promise<ImagectlResult> {
  const first = hit.start(slowly);
  await arrived(hit, first);
  const goOn = await holdStill(first);
  const result = await second().finally(goOn);
  expectExit(await first.done, 0);
  return result;
}
