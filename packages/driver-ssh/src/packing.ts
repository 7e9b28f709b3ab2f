import type { Compress } from './ssh-options.ts';

/** What packs the bytes on their way; `none` lets them go as they are. */
export type Packing = 'zstd' | 'gzip' | 'none';

/** 3 where the link leaves the time for it. */
export type ZstdLevel = 1 | 3;

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
  /** Bytes per second that the link carries, where that was measured. */
  readonly link?: number;
  /** Processors of the end that packs. */
  readonly processors: number;
}

/** The choice, its reason for the plan, and the bytes and seconds it comes to. */
export interface Choice {
  readonly packing: Packing;
  /** How hard zstd packs. */
  readonly level: ZstdLevel;
  readonly reason: string;
  /** On the wire. */
  readonly bytes: number;
  /** On a link that is taken for one of 1 Gbit/s, as the other drivers take it: estimates are there to be compared. */
  readonly seconds: number;
}

/** Bytes per second: what one ssh carries on a good link, and what a processor packs. Measured on two cores. */
const rates = { ssh: 120e6, zstd: 380e6, gzip: 75e6 } as const;
/** Of zstd at level 3: its rate, and what it makes of what level 1 leaves. Measured on a Debian. */
const harder = { rate: 250e6, share: 0.9 } as const;
/** Of the time of carrying, packing harder may take this much: the processors are wanted for ssh as well. */
const spare = 0.25;
/** Packing must win clearly: it takes the processors from others. */
const worthIt = 0.93;

/** Whether and how to pack, for the plan. */
export function choosePacking(circumstances: Circumstances): Choice {
  const choice = chooseByLink(circumstances);
  const { link: _, ...asOthers } = circumstances;
  return { ...choice, seconds: Math.max(choice.bytes / carryRate(asOthers), packSeconds(choice, circumstances)) };
}

/** Whether packing pays: the time in which the link would carry the bytes as they are, against the time for packing and for carrying less. */
function chooseByLink(circumstances: Circumstances): Choice {
  const { compress, tools } = circumstances;
  if (compress !== 'auto') {
    const asked = harderWhere(choiceFor(compress, circumstances), circumstances);
    return { ...asked, reason: `${worded(asked)}, as it was asked for` };
  }
  const plain = choiceFor('none', circumstances);
  const tool = tools.includes('zstd') ? 'zstd' : tools[0];
  if (tool === undefined) return { ...plain, reason: 'not packed: neither zstd nor gzip is at both ends' };
  const packed = choiceFor(tool, circumstances);
  const better = packed.seconds >= plain.seconds * worthIt ? plain : harderWhere(packed, circumstances);
  return { ...better, reason: `${worded(better)}: ${findings(circumstances)}` };
}

/** At a higher level where the link is slow enough for it. */
function harderWhere(choice: Choice, circumstances: Circumstances): Choice {
  if (choice.packing !== 'zstd') return choice;
  const bytes = choice.bytes * harder.share;
  const carrying = bytes / carryRate(circumstances);
  const packed = { ...choice, level: 3, bytes, seconds: carrying } as const;
  return packSeconds(packed, circumstances) > carrying * spare || carrying === 0 ? choice : packed;
}

function choiceFor(packing: Packing, circumstances: Circumstances): Choice {
  const solid = solidOf(circumstances.sample);
  const bytes = packing === 'none' ? solid : solid * ratioOf(circumstances.sample);
  const seconds = Math.max(bytes / carryRate(circumstances), packSeconds({ packing, level: 1 }, circumstances));
  return { packing, level: 1, reason: '', bytes, seconds };
}

function packSeconds({ packing, level }: Pick<Choice, 'packing' | 'level'>, { sample, processors }: Circumstances): number {
  if (packing === 'none') return 0;
  const rate = level === 3 ? harder.rate : rates[packing];
  return solidOf(sample) / (rate * threadsFor(packing, processors));
}

function carryRate({ link = rates.ssh, limit = Infinity }: Circumstances): number {
  return Math.min(link, limit);
}

function solidOf({ data, looked, solid }: Sample): number {
  return data * (looked === 0 ? 1 : solid / looked);
}

function findings({ sample, link }: Circumstances): string {
  const shrinks = `a sample shrinks to ${Math.round(100 * ratioOf(sample))} %`;
  return link === undefined ? shrinks : `${shrinks}, the link carries ${Number((link / 1e6).toPrecision(2))} MB/s`;
}

function ratioOf({ solid, packed }: Sample): number {
  return solid === 0 ? 1 : packed / solid;
}

function worded({ packing, level }: Choice): string {
  if (packing === 'none') return 'not packed';
  return level === 1 ? `packed with ${packing}` : `packed with ${packing} -${level}`;
}

/** How many threads pack. */
export function threadsFor(packing: Packing, processors: number): number {
  return packing === 'zstd' ? Math.max(1, Math.min(4, processors)) : 1;
}
