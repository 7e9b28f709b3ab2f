import { startJob } from '@image-api/qmp';
import type { Qmp } from '@image-api/qmp';
import type { BlockNode } from '../../daemon/block-nodes.ts';
import type { JobRunner } from '../job/job-runner.ts';
import { dataExtents } from '../nbd/data-extents.ts';
import type { DataExtent } from '../nbd/data-extents.ts';
import { withExport } from '../nbd/with-export.ts';
import type { ExportServer } from '../nbd/with-export.ts';
import { nodeNames } from './open-images.ts';

/** Where it is written down which parts of the source are to be copied. */
export const marks = { node: 'marks', bitmap: 'data' } as const;
/** Of a mark, in bytes: the usual cluster of an image. */
const granularity = 65_536;
/** Of one mark at most: the server counts in 32 bits. */
const longestMark = 2 ** 30;

export interface DataCopy extends ExportServer {
  readonly jobs: JobRunner;
  /** Of the disk. */
  readonly size: number;
  readonly compress: boolean;
  /** Where it is copied to: fresh, so that all of it reads as zeros. */
  readonly to: BlockNode;
  /** Bytes of it that count; the rest of its last sector does not. */
  readonly exactSize: number;
  /** Called with how much has been moved of how much there is to move. */
  readonly onProgress: (moved: number, data: number) => void;
}

/**
 * Copy what is not known to be zeros, and nothing else. QEMU's jobs would write zeros, which some formats can only keep as data; so the
 * parts that hold data are marked in a bitmap, and a backup follows it. The bitmap is filled by writing to a node that keeps nothing.
 *
 * @returns how many bytes hold data
 */
export async function copyData(copy: DataCopy): Promise<number> {
  const { monitor, jobs, compress, to, exactSize, onProgress } = copy;
  const extents = await withExport(copy, nodeNames.from, false, dataExtents);
  const data = extents.reduce((sum, { offset, length }) => sum + Math.min(length, exactSize - offset), 0);
  if (extents.length > 0) {
    await markData(copy, extents);
    const parts = {
      device: nodeNames.from,
      target: nodeNames.to,
      sync: 'bitmap',
      bitmap: marks.bitmap,
      'bitmap-mode': 'never',
      compress,
    } as const;
    await jobs.run(
      (speed) => startJob(monitor, 'blockdev-backup', { ...parts, speed }),
      // It counts whole clusters.
      ({ done }) => onProgress(Math.min(done, data), data),
    );
  }
  await writeOut(monitor, to);
  return data;
}

async function markData(copy: DataCopy, extents: readonly DataExtent[]): Promise<void> {
  const { monitor, size } = copy;
  await monitor.execute('blockdev-add', { driver: 'null-co', 'node-name': marks.node, size });
  await monitor.execute('block-dirty-bitmap-add', { node: marks.node, name: marks.bitmap, granularity });
  await withExport(copy, marks.node, true, async (client) => {
    for (const { offset, length } of extents) {
      for (let done = 0; done < length; done += longestMark) await client.writeZeroes(offset + done, Math.min(longestMark, length - done));
    }
  });
  await monitor.execute('block-dirty-bitmap-add', { node: nodeNames.from, name: marks.bitmap, granularity, disabled: true });
  await monitor.executeOther('block-dirty-bitmap-merge', {
    node: nodeNames.from,
    target: marks.bitmap,
    bitmaps: [{ node: marks.node, name: marks.bitmap }],
  });
  await monitor.execute('blockdev-del', { 'node-name': marks.node });
}

/** Opened anew for reading only, an image has written out all it held back, and an error in that is told; closing it tells none. */
export async function writeOut(monitor: Qmp, to: BlockNode): Promise<void> {
  await monitor.execute('blockdev-reopen', { options: [{ ...to, 'read-only': true }] });
}
