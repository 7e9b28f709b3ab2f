import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { copyUnderWay } from './copy-under-way.ts';
import { isBuilt } from './run-imagectl.ts';

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
