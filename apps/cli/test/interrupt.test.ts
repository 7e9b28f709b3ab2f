import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBuilt, startImagectl, testDirectory } from './run-imagectl.ts';
import type { Running } from './run-imagectl.ts';

/** A copy in its middle: it would take 16 seconds. */
async function copyUnderWay(): Promise<{ readonly directory: string; readonly running: Running }> {
  const directory = await testDirectory();
  await writeFile(join(directory, 'a.raw'), randomBytes(32 * 2 ** 20));
  const running = startImagectl(directory, ['copy', 'a.raw', 'b.raw', '--limit', '2MiB/s', '--json']);
  let told = '';
  while (!/"type":"progress".*"bytesLogical":[1-9]/.test(told)) {
    const [piece] = (await Promise.race([once(running.child.stdout ?? running.child, 'data'), running.ended.then(() => [undefined])])) as [
      Buffer | undefined,
    ];
    if (piece === undefined) throw new Error(`the copy ended by itself: ${(await running.ended).stderr}`);
    told += piece.toString();
  }
  return { directory, running };
}

/** Processes whose arguments name this directory. */
async function processesIn(directory: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(directory));
}

describe.skipIf(!isBuilt)('a signal in the middle of a copy', { timeout: 20_000 }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it with 130, and leaves nothing behind', async (signal) => {
    const { directory, running } = await copyUnderWay();
    const askedAt = performance.now();
    running.child.kill(signal);
    const { status, stdout, stderr } = await running.ended;
    expect(performance.now() - askedAt).toBeLessThan(3000);
    expect(status).toBe(130);
    expect(stderr).toContain(`imagectl: interrupted by ${signal}, cleaning up\n`);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'error',
      code: 'CANCELLED',
      exitStatus: 130,
    });
    expect(await readdir(directory)).toEqual(['a.raw']);
    expect(await processesIn(directory)).toEqual([]);
  });

  it('a second one does not break the clean-up', async () => {
    const { directory, running } = await copyUnderWay();
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(await readdir(directory)).toEqual(['a.raw']);
    expect(await processesIn(directory)).toEqual([]);
  });
});
