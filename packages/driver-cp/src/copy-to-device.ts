import type { TransferReport } from '@image-api/driver';
import { callError } from './call-errors.ts';
import { copyData } from './copy-data.ts';
import type { CopyJob } from './copy-job.ts';
import { deviceCounters, Tally } from './tally.ts';
import { withPath } from './with-path.ts';
import type { Way } from './with-path.ts';
import { withinPatience } from './within-patience.ts';

/** The first MiB of a device, which holds partition tables and headers. */
const headLength = 2 ** 20;

/**
 * Overwrite a device from its second MiB on, then its first. The old header goes first and the new one comes last, each safe on the disk
 * before the next begins, so that a device on which the copy was interrupted looks empty, neither like the old disk nor like the new one.
 * Holes are written as zeros.
 */
export async function copyToDevice(job: CopyJob): Promise<TransferReport> {
  const size = job.request.from.facts.size ?? 0;
  const head = Math.min(size, headLength);
  job.context.report({ phase: 'copy', bytesLogical: 0 });
  await withPath(job, async (way) => {
    way.touch();
    await wipe(job, way, head);
    await fill(job, way, head, size);
    await fill(job, way, 0, head);
  });
  const counters = deviceCounters(size);
  job.context.report(counters);
  return { counters };
}

async function wipe(job: CopyJob, { path }: Way, length: number): Promise<void> {
  await watched(job, path.calls.write(path.ends.to.fd, new Uint8Array(length), 0));
  await watched(job, path.calls.sync(path.ends.to.fd));
}

/** All that is between the two places, safe on the disk. The beginning counts when it is there, which is last. */
async function fill(job: CopyJob, { path, means }: Way, from: number, to: number): Promise<void> {
  if (from >= to) return;
  const { request, context, settings } = job;
  const tally = new Tally(to, from);
  const before = from === 0 ? (request.from.facts.size ?? 0) - to : 0;
  const onMoved = (): void => {
    const bytes = before + tally.counters.bytesRead;
    context.report({ bytesLogical: bytes, bytesRead: bytes });
  };
  await copyData({ means, path, context, extents: [{ from, to }], stallMs: settings.stallMs, tally, onMoved });
  await watched(job, path.calls.sync(path.ends.to.fd));
}

async function watched({ request, context, settings }: CopyJob, work: Promise<void>): Promise<void> {
  await withinPatience(work, { request, signal: context.signal, stallMs: settings.stallMs }).catch((error: unknown) => {
    throw callError({ error, side: 'destination', request, untouched: false });
  });
}
