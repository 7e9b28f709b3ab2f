import { cpus, release, totalmem } from 'node:os';
import { execa } from 'execa';

/** What a time depends on, so that records can be told apart. */
export async function describeMachine(folder: string): Promise<Readonly<Record<string, string | number>>> {
  return {
    date: new Date().toISOString(),
    node: process.version,
    kernel: release(),
    processors: cpus().length,
    memory: totalmem(),
    filesystem: await filesystemOf(folder),
  };
}

/** `ext4`, `xfs`… */
export async function filesystemOf(folder: string): Promise<string> {
  const { stdout } = await execa('stat', ['-f', '-c', '%T', folder]);
  return stdout === 'ext2/ext3' ? 'ext4' : stdout;
}
