import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Do something on a new filesystem of the given kind and size, kept in a file in `folder` and mounted beside it. */
export async function withFilesystem(
  kind: 'btrfs' | 'xfs',
  folder: string,
  mebibytes: number,
  work: (mounted: string) => Promise<void>,
): Promise<void> {
  const [image, mounted] = [join(folder, `${kind}.filesystem`), join(folder, kind)];
  await writeFile(image, '');
  await truncate(image, mebibytes * 2 ** 20);
  await execa(`mkfs.${kind}`, ['-q', image]);
  await mkdir(mounted);
  await execa('mount', ['-o', 'loop', image, mounted]);
  try {
    await work(mounted);
  } finally {
    await execa('umount', [mounted]);
  }
}
