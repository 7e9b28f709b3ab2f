import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { copying, mib } from './copying.ts';

const missing = spawnSync('qemu-storage-daemon', ['--version']).status === 0 ? undefined : 'qemu-storage-daemon is not installed';

describe.skipIf(missing !== undefined)(`an image that is handed out early${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('is usable at once, whatever its size, and gone after a cancel', async () => {
    await using copy = await copying({ size: 64 * 1024 * mib, wish: { limits: { bandwidth: mib } } });
    const startedAtMs = performance.now();
    const running = copy.begin();
    await running.ready;
    expect(performance.now() - startedAtMs).toBeLessThan(1500);
    running.cancel();
    await expect(running.done).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([copy.processes('all'), await copy.left()]).toEqual([[], []]);
  });

  it('stands alone when the copy is over, and nothing is left once it is released', async () => {
    await using copy = await copying();
    const running = copy.begin();
    const image = await running.ready;
    await running.done;
    expect(await copy.difference()).toBe('');
    await image.release();
    await sleep(0);
    expect([copy.processes('all'), await copy.left()]).toEqual([[], []]);
    expect(await copy.difference()).toBe('');
  });
});
