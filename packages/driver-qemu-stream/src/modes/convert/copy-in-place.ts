import { startJob } from '@image-api/qmp';
import type { Qmp } from '@image-api/qmp';
import type { BlockNode } from '../../daemon/block-nodes.ts';
import type { JobRunner } from '../job/job-runner.ts';
import { nodeNames } from './open-images.ts';

const mib = 2 ** 20;

/** A stretch of the disk, in bytes. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
  /** `nothing`: zeros. */
  readonly what: 'image' | 'nothing';
}

/** In which order a disk is written over: its first MiB is wiped, and written last, so that a torn copy has no header. */
export function stretchesOf(size: number): Stretch[] {
  const head = Math.min(mib, size);
  const all: Stretch[] = [
    { offset: 0, length: head, what: 'nothing' },
    { offset: head, length: size - head, what: 'image' },
    { offset: 0, length: head, what: 'image' },
  ];
  return all.filter(({ length }) => length > 0);
}

export interface InPlaceCopy {
  readonly monitor: Qmp;
  readonly jobs: JobRunner;
  readonly size: number;
  /** How much is under way at once, in bytes: little keeps a limit well, much fills a link on which answers take a while. */
  readonly underWay: number;
  /** Called with how much of the disk is dealt with. */
  readonly onProgress: (bytes: number) => void;
}

/** Make a disk that is there the same as the source: its zeros are written, too, as holes where that can be. */
export async function copyInPlace(copy: InPlaceCopy): Promise<void> {
  let done = 0;
  for (const stretch of stretchesOf(copy.size)) {
    await copyStretch(copy, stretch, (left) => stretch.what === 'image' && copy.onProgress(done + stretch.length - left));
    if (stretch.what === 'image') done += stretch.length;
  }
}

/** @param onLeft called with what is left of the stretch */
async function copyStretch({ monitor, jobs, underWay }: InPlaceCopy, stretch: Stretch, onLeft: (bytes: number) => void): Promise<void> {
  const from = fromNode(stretch);
  const to = windowOf('to-stretch', nodeNames.toPlace, stretch, false);
  await monitor.execute('blockdev-add', from);
  await monitor.execute('blockdev-add', to);
  const parts = { device: from['node-name'], target: to['node-name'], sync: 'full', 'buf-size': underWay } as const;
  await jobs.run(
    (speed) => startJob(monitor, 'blockdev-mirror', { ...parts, speed }),
    ({ done, total }) => onLeft(Math.min(stretch.length, total - done)),
  );
  await monitor.execute('blockdev-del', { 'node-name': to['node-name'] });
  await monitor.execute('blockdev-del', { 'node-name': from['node-name'] });
}

function fromNode(stretch: Stretch): BlockNode {
  if (stretch.what === 'image') return windowOf('from-stretch', nodeNames.from, stretch, true);
  return { driver: 'null-co', 'node-name': 'from-stretch', size: stretch.length, 'read-zeroes': true, 'read-only': true };
}

function windowOf(name: string, file: string, { offset, length }: Stretch, readOnly: boolean): BlockNode {
  const discards = readOnly ? {} : ({ discard: 'unmap', 'detect-zeroes': 'unmap' } as const);
  return { driver: 'raw', 'node-name': name, file, offset, size: length, 'read-only': readOnly, ...discards };
}
