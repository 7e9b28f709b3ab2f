import { truncate } from 'node:fs/promises';
import { execa } from 'execa';

/** Write an image of that much data nobody can compress or share, followed by a hole a quarter as long. */
export async function makeImage(path: string, mebibytes: number): Promise<void> {
  await execa('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', `count=${mebibytes}`, 'conv=fsync', 'status=none']);
  await truncate(path, Math.ceil(mebibytes * 1.25) * 2 ** 20);
}
