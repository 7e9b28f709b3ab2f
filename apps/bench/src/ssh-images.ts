import { cp, link, lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { makeSampleImage } from '../../../scripts/sample-image.mjs';

/** What is copied over links. */
export type SshImage = 'dense' | 'sparse' | 'qcow2';

/** An image, and the least that must go over the wire of it. */
export interface MadeImage {
  /** Its name in the folder. */
  readonly name: string;
  readonly bytes: number;
  /** What of it is no hole. */
  readonly data: number;
  /** Its data as `tar -S | zstd -1` packs it. */
  readonly packed: number;
}

/**
 * Make one in `folder`. `dense` is noise. `sparse` is an ext4 eight times as large as its data, which are files of the system that runs
 * here. `qcow2` is the same, compressed by qemu-img.
 *
 * @param mebibytes size of the sparse image as a guest sees it; the others hold about as much data
 * @param scratch a folder for the files on their way
 */
export async function makeSshImage(image: SshImage, folder: string, mebibytes: number, scratch: string): Promise<MadeImage> {
  const name = image === 'qcow2' ? 'disk.qcow2' : 'disk.raw';
  const path = join(folder, name);
  if (image === 'dense') await makeSampleImage(path, { virtualMiB: mebibytes / 8, dataMiB: mebibytes / 8, stretches: 1 });
  else await makeSystemDisk(image, path, mebibytes, scratch);
  await execa('sync', [path]);
  const { size, blocks } = await lstat(path);
  const { stdout } = await execa('sh', ['-c', 'tar -C "$1" -S -cf - -- "$2" | zstd -q -1 -c | wc -c', 'sh', folder, name]);
  return { name, bytes: size, data: Math.min(size, blocks * 512), packed: Math.min(size, Number(stdout)) };
}

async function makeSystemDisk(image: 'sparse' | 'qcow2', path: string, mebibytes: number, scratch: string): Promise<void> {
  const [files, raw] = [join(scratch, 'files'), image === 'sparse' ? path : join(scratch, 'disk.raw')];
  await collectFiles(files, (mebibytes / 8) * 2 ** 20);
  await execa('mkfs.ext4', ['-q', '-F', '-d', files, raw, `${mebibytes}M`]);
  await rm(files, { recursive: true });
  if (image === 'sparse') return;
  await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', raw, path]);
  await rm(raw);
}

/** About so many bytes of this system's files, spread evenly over all of them. */
async function collectFiles(to: string, bytes: number): Promise<void> {
  const { stdout } = await execa('find', ['/usr', '-xdev', '-type', 'f', '-size', '-65536k', '-printf', '%s %p\\0'], {
    maxBuffer: 2 ** 28,
    reject: false,
  });
  const files = stdout.split('\0').flatMap((line) => {
    const [, size, path] = /^(\d+) (.*)$/s.exec(line) ?? [];
    return size === undefined || path === undefined ? [] : [{ size: Number(size), path }];
  });
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const share = Math.min(1, bytes / sorted.reduce((sum, { size }) => sum + size, 0));
  let [seen, taken] = [0, 0];
  for (const { size, path } of sorted) {
    seen += size;
    // What would be too much is left out, and made up for by what follows.
    if (taken + size / 2 > seen * share) continue;
    taken += size;
    const copy = join(to, path);
    await mkdir(dirname(copy), { recursive: true });
    await link(path, copy).catch(() => cp(path, copy));
  }
}
