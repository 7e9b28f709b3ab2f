import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const mebibyte = 1024 * 1024;

/** Bytes no tool can compress. Answers the digest. */
export async function writeRandomImage(path: string, mebibytes: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let written = 0; written < mebibytes; written += 1) {
    const piece = randomBytes(mebibyte);
    hash.update(piece);
    await file.write(piece);
  }
  await file.close();
  return hash.digest('hex');
}

/** An image of holes with a mebibyte of data at each of the given offsets (in mebibytes), and a hole at its end. */
export async function writeSparseImage(path: string, mebibytes: number, dataAt: readonly number[]): Promise<string> {
  const file = await open(path, 'w');
  await file.truncate(mebibytes * mebibyte);
  for (const offset of dataAt) await file.write(randomBytes(mebibyte), 0, mebibyte, offset * mebibyte);
  await file.close();
  return sha256(path);
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: mebibyte }), hash);
  return hash.digest('hex');
}

/** Bytes that take room on disk. */
export async function allocated(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}
