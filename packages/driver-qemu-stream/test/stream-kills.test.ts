import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgressUpdate } from '@image-api/driver';
import type { JobInfo } from '@image-api/qmp';
import { describe, expect, it } from 'vitest';
import type { Daemon } from '../src/daemon/daemon.ts';
import { startDaemon } from '../src/daemon/start-daemon.ts';
import { buildGraph } from '../src/keeper/build-graph.ts';
import { overlayNode } from '../src/keeper/overlay-node.ts';
import { StreamJob } from '../src/keeper/stream-job.ts';
import { findProcesses } from './find-processes.ts';
import { copying, kill, mib } from './copying.ts';
import type { Copying, Running } from './copying.ts';

const missing = spawnSync('qemu-storage-daemon', ['--version']).status === 0 ? undefined : 'qemu-storage-daemon is not installed';
const rounds = process.env['CHECK_ALL'] === '1' ? 40 : 10;

/** Start it, kill what is told after so long, and see how it ended. */
async function killAfter(copy: Copying, of: 'daemon' | 'keeper', ms: number, held: boolean): Promise<'over' | 'killed'> {
  const running = copy.begin(held ? { held: 'resume' } : {});
  const outcome = running.done.then(
    () => 'over' as const,
    (error: unknown) => error,
  );
  await running.ready;
  await sleep(ms);
  for (const pid of copy.processes(of)) kill(pid, 'SIGKILL');
  const ended = await outcome;
  if (ended === 'over') return ended;
  expect(ended).toMatchObject({ code: 'TOOL_FAILED', retryable: true });
  return 'killed';
}

async function nearlyOver(updates: readonly ProgressUpdate[]): Promise<void> {
  while (!updates.some(({ bytesLogical = 0 }) => bytesLogical >= 12 * mib)) await sleep(1);
}

async function wasCut({ done }: Running): Promise<boolean> {
  return done.then(
    () => false,
    () => true,
  );
}

describe.skipIf(missing !== undefined)(`a stream that is killed${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('goes on from what is there after ten kills of the daemon, and ends with the same content', { timeout: 120_000 }, async () => {
    await using copy = await copying({ mebibytes: 64, wish: { limits: { bandwidth: 64 * mib } } });
    let killed = 0;
    for (; killed < rounds; killed++) {
      if ((await killAfter(copy, 'daemon', randomInt(20, 300), killed > 0)) === 'over') break;
    }
    expect(killed, 'kills').toBeGreaterThan(2);
    await copy.begin({ held: 'resume' }).done;
    expect(await copy.difference()).toBe('');
  });

  it.each([
    ['before what it holds is on disk', 'pending'],
    ['when the source was dropped and nobody knows yet', 'concluded'],
  ] as const)('loses nothing when the daemon is killed at its end, %s', async (_, moment) => {
    await using copy = await copying({ mebibytes: 16 });
    const order = { from: { kind: 'file', path: copy.from, format: 'raw' }, to: copy.to, writable: true, sourceLossMs: 0 } as const;
    const build = async (): Promise<Daemon> => {
      const daemon = await startDaemon({ host: copy.host, directory: copy.folder, limits: { memory: 2 ** 32 } });
      const server = { monitor: daemon.monitor, directory: copy.folder, signal: new AbortController().signal };
      await buildGraph(server, order.from, { ...order, stallMs: 60_000, memory: 2 ** 32 }, join(copy.folder, 'disk'));
      return daemon;
    };
    const daemon = await build();
    const killIt = (): void => findProcesses(join(copy.folder, 'monitor')).forEach((pid) => process.kill(pid, 'SIGKILL'));
    const flush = async (): Promise<void> => {
      if (moment === 'pending') killIt();
      await daemon.monitor.execute('blockdev-reopen', { options: [overlayNode('source')] });
    };
    const onLook = ({ status }: JobInfo): void => void (status === moment && killIt());
    const job = await StreamJob.start(daemon.monitor, 0);
    await expect(job.run({ onLook, flush })).rejects.toMatchObject({ kind: 'closed' });
    await daemon.end();
    await rm(join(copy.folder, 'disk'), { force: true });

    await copy.begin({ held: 'resume' }).done;
    expect(await copy.difference()).toBe('');
  });

  it('loses nothing whatever moment of its end it is killed at', { timeout: 120_000 }, async () => {
    for (let round = 0; round < rounds; round++) {
      await using copy = await copying({ mebibytes: 16 });
      const running = copy.begin();
      await Promise.race([nearlyOver(running.updates), running.done]);
      await sleep(randomInt(0, 80));
      for (const pid of copy.processes('daemon')) kill(pid, 'SIGKILL');
      if (!(await wasCut(running))) expect(await copy.difference(), 'killed when it was over').toBe('');
      await copy.begin({ held: 'resume' }).done;
      expect(await copy.difference()).toBe('');
    }
  });

  it('goes on after its keeper was killed, which takes the daemon along', async () => {
    await using copy = await copying({ mebibytes: 16, wish: { limits: { bandwidth: 32 * mib } } });
    expect(await killAfter(copy, 'keeper', 200, false)).toBe('killed');
    await copy.begin({ held: 'resume' }).done;
    expect(await copy.difference()).toBe('');
  });
});
