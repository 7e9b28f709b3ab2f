import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeBackArgs } from './write-back-args.ts';

const whole = (args: readonly string[]): readonly string[] => args;
/** As on a machine whose numbers nobody knows. */
const unknownMachine = (args: readonly string[]): readonly string[] => args.map((word) => word.replace('x86_64|aarch64|riscv64', 'none'));

it.each([
  ['a file that grows', { grows: true }, whole],
  ['a file that is compared', { grows: false }, whole],
  ['a file on another machine', { grows: true }, unknownMachine],
])('waits for %s to come, and says again and again that all of it is on the disk', async (_title, how, adapt) => {
  const directory = await mkdtemp(join(tmpdir(), 'image-api-write-back-'));
  const path = join(directory, 'a $b [1].part');
  const perl = spawn('perl', adapt(writeBackArgs(path, how)), { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let said = '';
    perl.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(said).toBe('');
    await writeFile(path, new Uint8Array(5 * 2 ** 20 + 7));
    await expect.poll(() => said, { timeout: 5000 }).toMatch(/^\.{3,}$/);
    expect(perl.exitCode).toBe(null);
  } finally {
    perl.kill('SIGKILL');
    await once(perl, 'exit');
    await rm(directory, { recursive: true });
  }
});
