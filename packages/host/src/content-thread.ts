import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Extent } from './data-extents.ts';

/** A mebibyte of an image goes to one lane, the next one to the next. Each is hashed by itself: as many processors may hash at once. */
export const lanes = 4;
/** What is all zeros is left out in blocks of this size, counted from the start of the image. */
export const blockSize: number = 64 * 1024;

/** What one thread is to hash. */
export interface ContentTask {
  /** Of an open file. */
  readonly file: number;
  /** Where there may be something else than zeros, in whole blocks but for the last. */
  readonly extents: readonly Extent[];
  readonly size: number;
  /** Lanes that are its own. */
  readonly mine: readonly number[];
}

/** Of a file that ends too early the digest is that of what there is. */
const script = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { file, extents, size, mine, lanes, stripe, block } = workerData;
const room = Buffer.allocUnsafe(stripe);
const zeros = Buffer.alloc(block);
const place = Buffer.alloc(8);
const hashes = new Map(mine.map((lane) => [lane, createHash('sha256')]));
const told = (at) => (place.writeBigUInt64BE(BigInt(at)), place);
let end = size;

function read(at, wanted) {
  let count = 0;
  for (let more = -1; count < wanted && more !== 0; count += more) more = readSync(file, room, count, wanted - count, at + count);
  if (count < wanted) end = at + count;
  return room.subarray(0, count);
}

function hash(into, at, bytes) {
  for (let from = 0; from < bytes.length; from += block) {
    const part = bytes.subarray(from, from + block);
    if (zeros.compare(part, 0, part.length, 0, part.length) !== 0) into.update(told(at + from)).update(part);
  }
}

for (const { from, to } of extents) {
  for (let at = from, next; at < Math.min(to, end); at = next) {
    next = Math.min(to, at - (at % stripe) + stripe);
    const into = hashes.get(Math.floor(at / stripe) % lanes);
    if (into) hash(into, at, read(at, next - at));
  }
}
parentPort.postMessage([...hashes].map(([lane, hash]) => [lane, hash.update(told(end)).digest('hex')]));
`;

/**
 * Some lanes of an open file, each with its digest in lower-case hexadecimal, by a thread.
 *
 * @throws those of the system for what cannot be read; `AbortError`
 */
export async function hashContent(task: ContentTask, signal: AbortSignal): Promise<readonly (readonly [number, string])[]> {
  const worker = new Worker(script, {
    eval: true,
    env: {},
    execArgv: [],
    workerData: { ...task, lanes, stripe: 1024 * 1024, block: blockSize },
  });
  // What it says last may come when nobody waits for it any more.
  worker.on('error', () => undefined);
  try {
    const [digests] = (await once(worker, 'message', { signal })) as [readonly (readonly [number, string])[]];
    return digests;
  } finally {
    await worker.terminate();
  }
}
