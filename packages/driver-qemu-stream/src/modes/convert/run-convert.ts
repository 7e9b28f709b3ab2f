import { ImageError } from '@image-api/driver';
import type { Counters, Digest, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { withControls } from '@image-api/host';
import type { Settings } from '../../qemu-stream-options.ts';
import { JobRunner } from '../job/job-runner.ts';
import { withDaemon } from '../job/with-daemon.ts';
import { digestExport } from '../nbd/digest-export.ts';
import { withExport } from '../nbd/with-export.ts';
import type { ExportServer } from '../nbd/with-export.ts';
import { copyData } from './copy-data.ts';
import { copyInPlace } from './copy-in-place.ts';
import { isInPlace, isNbd } from './convert-way.ts';
import type { ConvertWay, Place } from './convert-way.ts';
import { cutFile, emptyFile } from './empty-file.ts';
import { withServed } from './with-served.ts';
import { makeTo, nodeNames, openFrom, openTo } from './open-images.ts';

/** One copy under way. */
interface Run extends ExportServer {
  readonly way: ConvertWay<Place>;
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly settings: Settings;
  readonly jobs: JobRunner;
}

const mib = 2 ** 20;

/** Copy a whole image by jobs of a storage daemon, which lives no longer than that. */
export async function runConvert(
  way: ConvertWay,
  request: TransferRequest,
  context: TransferContext,
  settings: Settings,
): Promise<TransferReport> {
  context.report({ phase: 'connect' });
  const { from } = way;
  if (from.kind !== 'remote') return runJobs({ ...way, from }, request, context, settings);
  return withServed(from, context, settings, (served) => runJobs({ ...way, from: served }, request, context, settings));
}

async function runJobs(
  way: ConvertWay<Place>,
  request: TransferRequest,
  context: TransferContext,
  settings: Settings,
): Promise<TransferReport> {
  const { scratchDir: directory, signal } = context;
  let progress = (): number => 0;
  return withDaemon(
    request,
    context,
    settings,
    () => progress(),
    async ({ monitor }) => {
      const jobs = new JobRunner(request.limits);
      progress = () => jobs.progress;
      const run = { way, request, context, settings, jobs, monitor, directory, signal };
      return withControls(context, jobs, () => (isInPlace(way) ? overwrite(run) : create(run)));
    },
  );
}

/** Into a file. What an interrupted try left is of no use, and goes first. */
async function create(run: Run): Promise<TransferReport> {
  const { way, request, context, settings, monitor } = run;
  const size = await openFrom(monitor, way, request, settings.sourceLossMs / 1000);
  await emptyFile(request);
  const to = await makeTo(monitor, way, size, request);
  const exactSize = way.exactSize ?? size;
  tellSize(context, exactSize);
  const onProgress = (moved: number, all: number): void => context.report(countersOf(exactSize, all, moved));
  const data = size === 0 ? 0 : await copyData({ ...run, size, exactSize, compress: way.compress, to, onProgress });
  const counters = countersOf(exactSize, data, data);
  const report = { counters, ...(await readBack(run, size)) };
  await monitor.execute('blockdev-del', { 'node-name': nodeNames.to });
  await monitor.execute('blockdev-del', { 'node-name': nodeNames.toPlace });
  if (exactSize !== size) await cutFile(request, exactSize);
  context.report(counters);
  return report;
}

/** Onto a disk that is there. */
async function overwrite(run: Run): Promise<TransferReport> {
  const { way, request, context, settings, monitor, jobs } = run;
  const size = await openFrom(monitor, way, request, settings.sourceLossMs / 1000);
  await openTo(monitor, way, request);
  await checkRoom(run, size);
  tellSize(context, size);
  // Many short requests fill no link; but what is under way goes at once, whatever the limit.
  const underWay = request.limits.bandwidth === undefined && (isNbd(request.from) || isNbd(request.to)) ? 4 * mib : mib;
  const onProgress = (bytesLogical: number): void => context.report({ bytesLogical, bytesRead: bytesLogical });
  await copyInPlace({ monitor, jobs, size, underWay, onProgress });
  const counters = { bytesLogical: size, bytesRead: size };
  context.report(counters);
  return { counters, ...(await readBack(run, size)) };
}

function tellSize(context: TransferContext, size: number): void {
  context.report({ phase: 'copy', total: { bytes: size, certainty: 'exact' } });
}

/** What holds no data is dealt with at once. */
function countersOf(size: number, data: number, moved: number): Partial<Counters> {
  return { bytesLogical: size - data + moved, bytesRead: moved, bytesSkipped: size - data };
}

/** @throws ImageError NO_SPACE */
async function checkRoom({ monitor, request: { from, name } }: Run, size: number): Promise<void> {
  const nodes = await monitor.execute('query-named-block-nodes', { flat: true });
  const there = Number(nodes.find((node) => node['node-name'] === nodeNames.toPlace)?.image['virtual-size'] ?? 0);
  if (there >= size) return;
  throw new ImageError(`${name.href} is too small: ${from.href} shows ${size} bytes, it has ${there}; choose a larger one`, {
    code: 'NO_SPACE',
    origin: 'destination',
    driver: 'qemu-stream',
    untouched: true,
    details: { needed: size, size: there },
  });
}

/** What the core cannot find out by itself, for no host can look there. */
async function readBack(run: Run, size: number): Promise<Pick<TransferReport, 'fromSize' | 'fromDigest' | 'toDigest'>> {
  const { request, way, context } = run;
  const opaque = request.from.facts.kind === 'opaque';
  const asked = request.verify === 'sha256';
  const digestOf = (node: string): Promise<Digest> =>
    withExport(run, node, false, (client) => {
      const bytes = node === nodeNames.fromPlace ? (request.from.facts.size ?? client.size) : (way.exactSize ?? size);
      return digestExport(client, bytes, (piece) => counted(run, piece));
    });
  if (asked) context.report({ phase: 'verify' });
  const converted = request.toFormat !== undefined;
  // A promise is about the bytes of an image; what is compared otherwise is the disk in it.
  const promised = converted && request.digest !== undefined;
  return {
    ...(opaque && { fromSize: way.exactSize ?? size }),
    ...(asked &&
      (opaque || (converted && isNbd(request.to))) && { fromDigest: await digestOf(promised ? nodeNames.fromPlace : nodeNames.from) }),
    ...(asked && isNbd(request.to) && { toDigest: await digestOf(nodeNames.toPlace) }),
    ...(asked && opaque && converted && !promised && !isInPlace(way) && { toDigest: await digestOf(nodeNames.to) }),
  };
}

/** Reading is within the limit, too, and shows the watchdog that there is work. */
async function counted({ context, jobs }: Run, bytes: number): Promise<void> {
  await context.checkpoint(bytes);
  jobs.progress += 1;
}
