import { truncate, writeFile } from 'node:fs/promises';
import { execa } from 'execa';

/** Write an image of that much data nobody can compress or share, without a hole. */
export async function makeFullImage(path: string, mebibytes: number): Promise<void> {
  await execa('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', `count=${mebibytes}`, 'conv=fsync', 'status=none']);
}

/** The same, followed by a hole a quarter as long. */
export async function makeImage(path: string, mebibytes: number): Promise<void> {
  await makeFullImage(path, mebibytes);
  await truncate(path, Math.ceil(mebibytes * 1.25) * 2 ** 20);
}

/** Write an image of that size of which an eighth is data, in eight stretches far from each other. */
export async function makeSparseImage(path: string, mebibytes: number): Promise<void> {
  const [step, length] = [Math.ceil(mebibytes / 8), Math.ceil(mebibytes / 64)];
  await writeFile(path, '');
  await truncate(path, mebibytes * 2 ** 20);
  for (let at = 0; at < mebibytes; at += step)
    await execa('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', `seek=${at}`, `count=${length}`, 'conv=notrunc,fsync', 'status=none']);
}
