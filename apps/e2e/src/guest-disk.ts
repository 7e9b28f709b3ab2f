import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { guestSystem } from './guest-system.ts';

export interface GuestDiskContents {
  readonly mebibytes: number;
  /** Files below `/root` of the disk: name to content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** A raw disk with a filesystem that a guest can have as its root. Nothing is mounted to make it. */
export async function makeGuestDisk(path: string, { mebibytes, files = {} }: GuestDiskContents): Promise<void> {
  const { tree } = await guestSystem();
  const folder = await mkdtemp(join(tmpdir(), 'image-api-guest-disk-'));
  try {
    await cp(tree, folder, { recursive: true, verbatimSymlinks: true });
    for (const [name, content] of Object.entries(files)) {
      const file = join(folder, 'root', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-E', 'root_owner=0:0', '-d', folder, path, `${mebibytes}M`], withAdminTools);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is in a file of a raw disk, read without a guest. Rejects when the filesystem is not sound or has no such file. */
export async function readGuestDisk(path: string, file: string): Promise<Buffer> {
  await execa('e2fsck', ['-f', '-n', path], withAdminTools);
  const { stdout, stderr } = await execa('debugfs', ['-R', `cat ${file}`, path], {
    ...withAdminTools,
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  const complaint = Buffer.from(stderr).toString().split('\n').slice(1).join('\n').trim();
  if (complaint !== '') throw new Error(`${path} has no ${file}: ${complaint}`);
  return Buffer.from(stdout);
}

const withAdminTools = { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } };
