import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageFormat } from '@image-api/driver';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib, sparse } from '../content/content.ts';
import type { Content } from '../content/content.ts';
import { writeContent } from '../content/write-content.ts';
import type { Harness } from '../harness/harness.ts';
import { convertImage, formatOf, guestDifference, isMadeByQemuImg, whyNoQemuImg } from '../reading/qemu-image.ts';

const formats: readonly ImageFormat[] = ['qcow2', 'raw', 'vdi', 'qed', 'vhd', 'vhdx', 'vmdk', 'luks', 'iso', 'gpt'];

export const convertTests: readonly ConformanceTest[] = [
  {
    group: 'convert',
    name: 'converts between all formats it claims, and a guest sees no difference',
    applies: ({ convert }) => convert !== undefined,
    missing: whyNoQemuImg,
    run: async (harness) => {
      const { from = [], to = [] } = harness.capabilities.convert ?? {};
      for (const one of from.filter(isMadeByQemuImg)) {
        for (const other of to.filter(isMadeByQemuImg)) if (one !== other) await expectConverted(harness, one, other);
      }
    },
  },
  {
    group: 'convert',
    name: 'refuses to convert to a format it does not claim',
    applies: always,
    run: async (harness) => {
      const claimed = harness.capabilities.convert?.to ?? [];
      const toFormat = formats.find((format) => !claimed.includes(format));
      if (!toFormat) return;
      const copy = await harness.stage(dense(mib));
      const offer = await copy.offer(await copy.request({ toFormat }));
      expect(offer.accept, `accepted to convert to ${toFormat}`).toBe(false);
      expect(offer.reason.trim()).not.toBe('');
    },
  },
];

async function expectConverted(harness: Harness, from: ImageFormat, to: ImageFormat): Promise<void> {
  const copy = await harness.stage(await imageOf(from), { format: from });
  await copy.copy({ toFormat: to });
  const { files } = copy.stage;
  if (to !== 'raw') expect(await formatOf(files.to), 'the format that arrived').toBe(to);
  const difference = await guestDifference({ path: files.from, format: from }, { path: files.to, format: to });
  expect(difference, `${from} to ${to}`).toBeUndefined();
}

/** An image of that format: data and holes. */
async function imageOf(format: ImageFormat): Promise<Content> {
  const disk = sparse(8 * mib);
  if (format === 'raw') return disk;
  const folder = await mkdtemp(join(tmpdir(), 'image-api-conformance-image-'));
  try {
    await writeContent(disk, join(folder, 'raw'));
    await convertImage(join(folder, 'raw'), join(folder, 'image'), format);
    const bytes = await readFile(join(folder, 'image'));
    return { fileName: disk.fileName, size: bytes.length, pieces: [{ at: 0, bytes }] };
  } finally {
    await rm(folder, { recursive: true });
  }
}
