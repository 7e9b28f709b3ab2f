import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { TaskResult } from 'image-api';
import { expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { sha256, writeRandomImage } from '../src/image-files.ts';

const program = fileURLToPath(new URL('programs/copy-and-work.mjs', import.meta.url));

interface Seen {
  readonly atOnce: Readonly<Record<string, unknown>>;
  readonly worked: number;
  readonly result: TaskResult;
  readonly state: string;
}

describeLab('the library', { hosts: { alpha: {} } }, (lab) => {
  it.each([
    ['here', '/srv/there.raw', 'cp'],
    ['over ssh', 'alpha:/srv/there.raw', 'ssh'],
  ])('returns from copy() before any input or output, works on meanwhile, and lets the process end: %s', async (_where, to, driver) => {
    const { here } = lab();
    const digest = await writeRandomImage(here.outside('/srv/disk.raw'), 16);
    // Without any set-up the library goes by the user's own ssh configuration.
    await here.run(['cp', '/etc/ssh/lab.conf', '/etc/ssh/ssh_config']);
    const { stdout } = await here.run([process.execPath, program, '/srv/disk.raw', to, '/srv']);
    const { atOnce, worked, result, state } = JSON.parse(String(stdout)) as Seen;
    expect(atOnce).toEqual({ state: 'queued', plan: true, children: '', made: 0, thenable: false, handedOnRunning: true });
    expect(worked).toBeGreaterThan(0);
    expect(state).toBe('succeeded');
    expect(result).toMatchObject({ driver, size: 16 * 1024 * 1024, verified: { by: 'size' } });
    expect(await sha256((to.startsWith('alpha') ? lab().host('alpha') : here).outside('/srv/there.raw'))).toBe(digest);
    expect(await readFile(here.outside('/srv/disk.raw'))).toHaveLength(16 * 1024 * 1024);
  });
});
