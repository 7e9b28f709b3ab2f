import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHosts } from '@image-api/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProcesses } from '../../test/find-processes.ts';
import { startDaemon } from './start-daemon.ts';
import type { DaemonOptions } from './start-daemon.ts';

const limits = { memory: 2 ** 32 };
const missing = spawnSync('qemu-storage-daemon', ['--version']).status === 0 ? undefined : 'qemu-storage-daemon is not installed';

describe.skipIf(missing !== undefined)(`a storage daemon${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const host = createHosts().local;
  let directory: string;
  const start = (options: Partial<DaemonOptions> = {}): ReturnType<typeof startDaemon> =>
    startDaemon({ host, directory, limits, ...options });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'image-api-daemon-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('answers at its monitor, and ends in good order with nothing left', async () => {
    const daemon = await start();
    expect((await daemon.monitor.execute('query-jobs')).length).toBe(0);
    await daemon.end();
    expect(daemon.isDead).toBe(true);
    expect(await readdir(directory)).toEqual([]);
    await daemon.end();
  });

  it('tells when it ends by itself', async () => {
    const daemon = await start();
    void daemon.monitor.execute('quit').catch(() => undefined);
    await expect(daemon.failed).rejects.toMatchObject({ code: 'TOOL_FAILED', retryable: true });
    await daemon.end();
  });

  it('ends when it is cancelled', async () => {
    const cancel = new AbortController();
    const daemon = await start({ signal: cancel.signal });
    cancel.abort();
    await expect(daemon.failed).rejects.toMatchObject({ code: 'CANCELLED' });
    await daemon.end();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is killed when it hangs, also when it is only asked to end', async () => {
    const daemon = await start({ stallMs: 300, progress: () => 0 });
    await expect(daemon.failed).rejects.toMatchObject({ code: 'STALLED', retryable: true });
    await daemon.end();

    const stopped = await start();
    for (const pid of findProcesses(directory)) process.kill(pid, 'SIGSTOP');
    await stopped.end(300);
    expect(stopped.isDead).toBe(true);
  });

  it('says why it does not start', async () => {
    await expect(start({ limits: { memory: 2 ** 24 } })).rejects.toMatchObject({ code: 'TOOL_FAILED', untouched: true });
    expect(await readdir(directory)).toEqual([]);
  });
});
