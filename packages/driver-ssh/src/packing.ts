import type { Compress } from './ssh-options.ts';

/** What packs the bytes on their way; `none` lets them go as they are. */
export type Packing = 'zstd' | 'gzip' | 'none';

/** What a sample of the image told; all in bytes. */
export interface Sample {
  /** In the whole image: what is no hole. */
  readonly data: number;
  /** How much of the data was looked at, and how much of that was not zero. */
  readonly looked: number;
  readonly solid: number;
  /** What became of the solid bytes, packed. */
  readonly packed: number;
}

/** What the choice hangs on. */
export interface Circumstances {
  readonly compress: Compress;
  /** What both ends have. */
  readonly tools: readonly Exclude<Packing, 'none'>[];
  readonly sample: Sample;
  /** Bytes per second that may go over the wire. */
  readonly limit?: number;
  /** Processors of the end that packs. */
  readonly processors: number;
}

/** The choice, its reason for the plan, and the bytes and seconds it comes to. */
export interface Choice {
  readonly packing: Packing;
  readonly reason: string;
  /** On the wire. */
  readonly bytes: number;
  readonly seconds: number;
}

/** Bytes per second: what one ssh carries on a good link, and what a processor packs. Measured on two cores. */
const rates = { ssh: 110e6, zstd: 380e6, gzip: 75e6 } as const;
/** Packing must win clearly: it takes the processors from others. */
const worthIt = 0.93;

/** Whether packing pays: the time in which the link would carry the bytes as they are, against the time for packing and for carrying less. */
export function choosePacking(circumstances: Circumstances): Choice {
  const { compress, tools, sample } = circumstances;
  const plain = choiceFor('none', circumstances);
  if (compress !== 'auto') return { ...choiceFor(compress, circumstances), reason: `${worded(compress)}, as it was asked for` };
  const tool = tools.includes('zstd') ? 'zstd' : tools[0];
  if (tool === undefined) return { ...plain, reason: 'not packed: neither zstd nor gzip is at both ends' };
  const packed = choiceFor(tool, circumstances);
  const finding = `a sample shrinks to ${Math.round(100 * ratioOf(sample))} %`;
  if (packed.seconds >= plain.seconds * worthIt) return { ...plain, reason: `not packed: ${finding}` };
  return { ...packed, reason: `${worded(tool)}: ${finding}` };
}

function choiceFor(packing: Packing, { sample, limit, processors }: Circumstances): Choice {
  const solid = sample.data * (sample.looked === 0 ? 1 : sample.solid / sample.looked);
  const bytes = packing === 'none' ? solid : solid * ratioOf(sample);
  const carrying = bytes / Math.min(rates.ssh, limit ?? Infinity);
  const packingSeconds = packing === 'none' ? 0 : solid / (rates[packing] * threadsFor(packing, processors));
  return { packing, reason: worded(packing), bytes, seconds: Math.max(carrying, packingSeconds) };
}

function ratioOf({ solid, packed }: Sample): number {
  return solid === 0 ? 1 : packed / solid;
}

function worded(packing: Packing): string {
  return packing === 'none' ? 'not packed' : `packed with ${packing}`;
}

/** How many threads pack. */
export function threadsFor(packing: Packing, processors: number): number {
  return packing === 'zstd' ? Math.max(1, Math.min(4, processors)) : 1;
}
