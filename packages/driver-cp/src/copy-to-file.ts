import type { TransferReport } from '@image-api/driver';
import { dataExtents, together } from '@image-api/host';
import type { CloneChance, Extent } from '@image-api/host';
import { cancelled } from './call-errors.ts';
import { copyData } from './copy-data.ts';
import type { DataJob } from './copy-data.ts';
import type { CopyJob } from './copy-job.ts';
import { hashAlong } from './hash-along.ts';
import type { Spare } from './move-piece.ts';
import { preallocate } from './preallocate.ts';
import { cloneCounters, Tally } from './tally.ts';
import { tryClone } from './try-clone.ts';
import { withPath } from './with-path.ts';
import type { Way } from './with-path.ts';

/** Fill the staging file: by a clone where the filesystem may, else by a copy of the data. */
export async function copyToFile(job: CopyJob, chance: CloneChance): Promise<TransferReport> {
  const { request, context } = job;
  context.report({ phase: 'copy', bytesLogical: 0 });
  const cloned = chance !== 'no' && (await tryClone(job));
  const report = cloned ? { counters: cloneCounters(request.from.facts.size ?? 0) } : await withPath(job, (way) => fill(job, way));
  context.report(report.counters);
  return report;
}

async function fill(job: CopyJob, { path, means, touch }: Way): Promise<TransferReport> {
  const { request, context, settings } = job;
  const held = request.held === 'resume' ? (await path.ends.to.stat()).size : 0;
  const content = await contentOf(job, path, held);
  if (context.signal.aborted) throw cancelled(request, context.signal);
  touch();
  if (held === 0) await path.ends.to.truncate(0);
  await path.ends.to.truncate(content.size);
  if (request.priority === 'idle' && content.spare === 'nothing') await preallocate(job, content.extents);
  const tally = new Tally(content.size);
  const { extents, spare } = content;
  const onMoved = (): void => context.report(tally.counters);
  const data = { means, path: { ...path, spare }, context, extents, stallMs: settings.stallMs, tally, onMoved };
  const digests = await copying(data, content.size);
  return { counters: tally.finalCounters, wroteItself: true, ...digests };
}

async function copying(data: DataJob, size: number): Promise<Pick<TransferReport, 'fromDigest' | 'writtenDigest'>> {
  const { context, path } = data;
  if (path.request.verify === 'sha256') {
    return hashAlong({ request: path.request, context, size, isMoving: () => path.pending.size > 0 }, (hashing) =>
      copyData({ ...data, hashing }),
    );
  }
  await copyData(data);
  return {};
}

interface Content {
  readonly size: number;
  /** What must be looked at. */
  readonly extents: readonly Extent[];
  readonly spare: Spare;
}

/** Where the data is, and of what is there what need not be written. */
async function contentOf({ request, context }: CopyJob, { ends }: Way['path'], held: number): Promise<Content> {
  const { size, blocks, isDevice } = await sizeOf(request.from.facts.size ?? 0, ends.from);
  const all = [{ from: 0, to: size }];
  const ask = async (file: typeof ends.from, end: number): Promise<readonly Extent[] | undefined> =>
    dataExtents(file, { size: end, ours: process.env, signal: context.signal });
  const known = isDevice || blocks * 512 >= size ? undefined : await ask(ends.from, size);
  if (held === 0) return { size, extents: known ?? all, spare: known || (!isDevice && blocks * 512 >= size) ? 'nothing' : 'zeros' };
  const there = known && (await ask(ends.to, Math.min(held, size)));
  return { size, extents: there ? together(known, there) : all, spare: { sameBefore: held } };
}

async function sizeOf(told: number, file: Way['path']['ends']['from']): Promise<{ size: number; blocks: number; isDevice: boolean }> {
  const stat = await file.stat();
  const isDevice = stat.isBlockDevice();
  return { size: isDevice ? told : stat.size, blocks: stat.blocks, isDevice };
}
