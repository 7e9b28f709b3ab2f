import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, kib, mib } from '../content/content.ts';

const sizes: readonly (readonly [string, readonly number[]])[] = [
  ['an empty image', [0]],
  ['a single byte', [1]],
  ['a whole mebibyte', [mib]],
  ['a byte more and a byte less than a round size', [64 * kib - 1, 64 * kib + 1, mib - 1, mib + 1]],
];

const names: readonly string[] = [
  'two words.raw',
  `quotes'"\`.raw`,
  'hash#question?percent%41.raw',
  'bracket[1].raw',
  'star*.raw',
  'shell$(id);&|.raw',
  'colon:at@.raw',
  'back\\slash.raw',
  '-dash.raw',
  'ünïcode-漢字.raw',
];

export const basicsTests: readonly ConformanceTest[] = [
  ...sizes.map(([what, each]): ConformanceTest => ({
    group: 'basics',
    name: `copies ${what} exactly`,
    applies: always,
    run: async (harness) => {
      for (const size of each) {
        const copy = await harness.stage(dense(size));
        await copy.copy();
        await copy.expectSame();
      }
    },
  })),
  {
    group: 'basics',
    name: 'resolves only when all bytes are there',
    applies: always,
    run: async (harness) => {
      const copy = await harness.stage(dense(24 * mib));
      await copy.copy();
      await copy.expectSame();
    },
  },
  ...names.map((fileName): ConformanceTest => ({
    group: 'basics',
    name: `takes the name ${fileName} as it is`,
    applies: always,
    run: async (harness) => {
      // Were the name taken for a pattern, or decoded, one of these would be copied instead.
      const decoys = ['bracket1.raw', 'starfish.raw', 'hash#question?percentA.raw', 'backslash.raw'];
      const prepare = async ({ files }: { files: { from: string } }): Promise<void> => {
        for (const decoy of decoys) await writeFile(join(dirname(files.from), decoy), 'another image');
      };
      const copy = await harness.stage(dense(64 * kib, fileName), { prepare });
      await copy.copy();
      await copy.expectSame();
    },
  })),
];
