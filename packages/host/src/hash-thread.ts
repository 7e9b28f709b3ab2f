import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What a thread is made with. */
export interface HashTask {
  readonly algorithm: 'sha1' | 'sha256';
  /** Hash so many bytes at a time, and the rest; `Infinity` for all in one. */
  readonly pieceLength: number;
  /** Where the bytes to be hashed are put. */
  readonly memory: SharedArrayBuffer;
}

/** Bytes of the shared memory, or as many zeros. */
export interface Stretch {
  /** Where they begin in the memory; absent for zeros. */
  readonly at?: number;
  readonly length: number;
}

/** A piece that is all zeros needs no hashing but once; a hole in a longer one is hashed from memory. */
const script = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { algorithm, pieceLength, memory } = workerData;
const zeros = Buffer.alloc(1024 * 1024);
const digests = [];
let hash = createHash(algorithm);
let hashed = 0;
let ofZeros;

parentPort.on('message', (stretch) => {
  if (stretch === 'end') return parentPort.postMessage(finish());
  if (stretch.at === undefined) addZeros(stretch.length);
  else addBytes(Buffer.from(memory, stretch.at, stretch.length));
  parentPort.postMessage('done');
});

function addBytes(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, pieceLength - hashed);
    hash.update(bytes.subarray(at, at + length));
    at += length;
    count(length);
  }
}

function addZeros(left) {
  while (left > 0) {
    const wanted = Math.min(left, pieceLength - hashed);
    if (hashed === 0 && wanted === pieceLength) digests.push((ofZeros ??= digestOfZeros()));
    else {
      const length = Math.min(wanted, zeros.length);
      hash.update(zeros.subarray(0, length));
      count(length);
      left -= length;
      continue;
    }
    left -= wanted;
  }
}

function digestOfZeros() {
  const hash = createHash(algorithm);
  for (let left = pieceLength; left > 0; left -= zeros.length) hash.update(zeros.subarray(0, Math.min(left, zeros.length)));
  return hash.digest();
}

function count(length) {
  hashed += length;
  if (hashed === pieceLength) close();
}

function close() {
  digests.push(hash.digest());
  hash = createHash(algorithm);
  hashed = 0;
}

function finish() {
  if (hashed > 0 || pieceLength === Infinity) close();
  return Buffer.concat(digests);
}
`;

/** A thread that hashes what it is handed, in order. */
export class HashThread {
  readonly #worker: Worker;
  readonly #answers: ((answer: unknown) => void)[] = [];
  readonly #failed: Promise<never>;

  constructor(task: HashTask) {
    this.#worker = new Worker(script, { eval: true, env: {}, execArgv: [], workerData: task });
    this.#worker.on('message', (answer: unknown) => this.#answers.shift()?.(answer));
    this.#failed = once(this.#worker, 'exit').then(() => {
      throw new Error('a hashing thread ended too early');
    });
    this.#failed.catch(() => undefined);
  }

  /** Resolves when the stretch is hashed, and its memory may hold something else. */
  async add(stretch: Stretch): Promise<void> {
    await this.#ask(stretch);
  }

  /** The digests, one after another. */
  async finish(): Promise<Buffer> {
    return Buffer.from((await this.#ask('end')) as Uint8Array);
  }

  /** Let go of the thread, whatever it is doing. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(question: Stretch | 'end'): Promise<unknown> {
    const answered = new Promise<unknown>((resolve) => this.#answers.push(resolve));
    this.#worker.postMessage(question, []);
    return Promise.race([answered, this.#failed]);
  }
}
