import { isImageError } from '@image-api/driver';
import type { Host, TransferRequest } from '@image-api/driver';
import { packer } from './ssh-args.ts';
import type { Packing, Sample } from './packing.ts';
import { samplePieces, sampleScript } from './sample-script.ts';

/** What was found at the end that has the image. */
export interface Found {
  readonly sample: Sample;
  readonly processors: number;
}

/** How many pieces are looked at: a few MiB. */
const pieces = 24;
const deadlineMs = 5000;

/**
 * Pack a little of the image and see what becomes of it. Where that fails the copy will tell why; until then all of the image is taken for data
 * that does not shrink.
 */
export async function takeSample(
  on: Host,
  { from }: Pick<TransferRequest, 'from'>,
  packing: Exclude<Packing, 'none'>,
  signal: AbortSignal,
): Promise<Found> {
  const { size = 0 } = from.facts;
  const words = ['-c', sampleScript, 'sh', samplePieces, from.path, String(size), String(pieces), ...packer(packing, 1)];
  const unknown = { sample: unknownSample(from.facts), processors: 1 };
  try {
    const { stdout, stderr } = await on.run('sh', words, { signal, deadlineMs, brief: true });
    return readSample(stdout, stderr) ?? unknown;
  } catch (error) {
    if (isImageError(error) && error.code === 'DEADLINE') return unknown;
    throw error;
  }
}

/** `undefined` where it did not come to an end. */
export function readSample(stdout: string, stderr: string): Found | undefined {
  const [, data, looked, solid] = /^image-api sample (\d+) (\d+) (\d+)$/m.exec(stderr) ?? [];
  const [, packed, processors] = /^\s*(\d+)\s+(\d+)\s*$/.exec(stdout) ?? [];
  if (data === undefined || packed === undefined) return undefined;
  const sample = { data: Number(data), looked: Number(looked), solid: Number(solid), packed: Number(packed) };
  return { sample, processors: Number(processors) };
}

/** Without a look: all that takes room on disk is data, and none of it shrinks. */
export function unknownSample({ size = 0, allocated = size }: TransferRequest['from']['facts']): Sample {
  const data = Math.min(size, allocated);
  return { data, looked: data, solid: data, packed: data };
}
