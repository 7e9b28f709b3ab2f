import { createHash } from 'node:crypto';
import type { Extent } from '@image-api/host';

/** What is known of an image that has not come whole. */
export interface HeldRecord {
  /** Of two records the one with the higher number is the newer. */
  readonly sequence: number;
  /** Of which content the bytes are, in the words of its server. */
  readonly identity: string;
  readonly size: number;
  /** What is there, in bytes of the image, safe on the disk. */
  readonly held: readonly Extent[];
}

/** Room for one record, in bytes. */
export const recordLength = 32_768;
const first = 'image-api-driver-http 1';
/** As many as have room whatever their numbers are. */
const mostExtents = 600;

/** Where two records have room behind an image of this size. They are written in turn, so that one of them is always whole. */
export function recordPlaces(size: number): readonly [number, number] {
  const behind = Math.ceil(size / recordLength) * recordLength;
  return [behind, behind + recordLength];
}

/** A line that says what it is, with a digest of the other, which is the record. */
export function encodeRecord(record: HeldRecord): Buffer {
  const held = longestOf(record.held).map(({ from, to }) => [from, to]);
  const text = JSON.stringify({ ...record, held });
  return Buffer.from(`${first} ${digestOf(text)}\n${text}\n`);
}

/** `undefined` for what is no record, or not whole. */
export function decodeRecord(bytes: Buffer): HeldRecord | undefined {
  const [head = '', text = ''] = bytes.toString('utf8').split('\n', 2);
  if (head !== `${first} ${digestOf(text)}`) return undefined;
  const { sequence, identity, size, held } = JSON.parse(text) as Omit<HeldRecord, 'held'> & { held: [number, number][] };
  return { sequence, identity, size, held: held.map(([from, to]) => ({ from, to })) };
}

/** What is left out is fetched again. */
function longestOf(held: readonly Extent[]): readonly Extent[] {
  if (held.length <= mostExtents) return held;
  const kept = new Set(held.toSorted((one, other) => other.to - other.from - (one.to - one.from)).slice(0, mostExtents));
  return held.filter((each) => kept.has(each));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
