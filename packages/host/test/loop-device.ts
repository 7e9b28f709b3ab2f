import { execFileSync } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import type { TestContext } from 'vitest';

/** A block device whose bytes are those of a new file; gone when the test is over. Skips the test where none can be had. */
export async function makeLoopDevice(context: TestContext, file: string, size: number): Promise<string> {
  if (process.getuid?.() !== 0) context.skip('only root may make a loop device');
  await writeFile(file, '');
  await truncate(file, size);
  const device = attach(file) ?? context.skip('this machine makes no loop device');
  onTestFinished(() => void execFileSync('losetup', ['--detach', device]));
  return device;
}

function attach(file: string): string | undefined {
  try {
    return execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}
