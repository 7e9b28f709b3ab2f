import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
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

  it('is offered with what the daemon will be told, and what to know of it', async () => {
    await using copy = await copying();
    const offer = await copy.offer({ limits: { bandwidth: 1_000_000.5 } });
    if (!offer.accept) throw new Error(offer.reason);
    expect(offer.limits).toEqual({ bandwidth: 1_000_000 });
    expect(offer.seconds).toBeGreaterThan(8);
    const [daemon, ...steps] = offer.commands;
    expect(daemon?.args).toContain('qemu-storage-daemon');
    expect(steps.at(-1)?.args).toEqual(['block-stream', JSON.stringify({ device: 'overlay', speed: 1_000_000 })]);
    expect(offer.notes?.join('; ')).toMatch(/outside of it.*not compared with the source/);
  });

  it('is not offered of an image that needs another one', async () => {
    await using copy = await copying();
    const image = join(copy.folder, 'image.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', copy.from, '-F', 'raw', image]);
    const { from } = copy.request;
    const offer = await copy.offer({ from: { ...from, path: image, facts: { ...from.facts, format: 'qcow2' } } });
    expect(offer).toMatchObject({ accept: false, reason: expect.stringContaining('another image below it') });
  });

  it('stands alone when the copy is over, and nothing is left once it is released', async () => {
    await using copy = await copying();
    const running = copy.begin();
    const image = await running.ready;
    await running.done;
    expect(await copy.difference()).toBe('');
    await image.release();
    expect([copy.processes('all'), await copy.left()]).toEqual([[], []]);
    expect(await copy.difference()).toBe('');
  });
});
