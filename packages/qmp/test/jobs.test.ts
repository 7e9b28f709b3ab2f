import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectQmp, followJob, keepQmp, startJob } from '../src/index.ts';
import type { Job, Qmp } from '../src/index.ts';
import { hasStorageDaemon, startStorageDaemon } from './qemu.ts';
import type { RunningQemu } from './qemu.ts';
import { startRelay } from './relay.ts';

const MiB = 1024 * 1024;

describe.skipIf(!hasStorageDaemon)('jobs of a storage daemon', () => {
  let daemon: RunningQemu;
  let qmp: Qmp;
  beforeEach(async () => {
    daemon = await startStorageDaemon();
    qmp = await keepQmp(daemon.monitor);
  });
  afterEach(async () => {
    await daemon[Symbol.asyncDispose]();
    await qmp.close();
  });

  it('makes an image, and forgets the job', async () => {
    const path = join(daemon.directory, 'made.raw');
    const job = await startJob(qmp, 'blockdev-create', { options: { driver: 'file', filename: path, size: MiB } });
    expect(await job.outcome).toEqual({ result: 'completed' });
    expect(await qmp.execute('query-jobs')).toEqual([]);
  });

  it('says in whose words the making of an image failed', async () => {
    const job = await startJob(qmp, 'blockdev-create', { options: { driver: 'file', filename: '/does/not/exist', size: MiB } });
    expect(await job.outcome).toEqual({ result: 'failed', reason: expect.stringContaining('/does/not/exist') as string });
  });

  it('streams at a speed that can be changed, tells how far it is, and waits at pending', async () => {
    const job = await stream({ speed: 1, 'auto-finalize': false });
    const before = await job.progress();
    expect(before).toMatchObject({ status: 'running', speed: 1, total: 8 * MiB, paused: false, ioStatus: 'ok' });
    expect(before.done).toBeLessThan(8 * MiB);
    await job.setSpeed(0);
    expect(await job.reached('pending')).toBe(true);
    expect(await job.progress()).toMatchObject({ status: 'pending', done: 8 * MiB });
    await job.finalize();
    expect(await job.outcome).toEqual({ result: 'completed' });
    expect(await backingOf('overlay')).toBeUndefined();
  });

  it('pauses, is not offended by a second pause, and goes on', async () => {
    const job = await stream({ speed: 1 });
    await job.resume();
    await job.pause();
    await job.pause();
    expect(await job.reached('paused')).toBe(true);
    await job.setSpeed(0);
    expect((await job.progress()).paused).toBe(true);
    await job.resume();
    expect(await job.outcome).toEqual({ result: 'completed' });
  });

  it('tells a cancelled job from one that had finished', async () => {
    const cancelled = await stream({ speed: 1 });
    expect(await cancelled.cancel()).toEqual({ result: 'cancelled' });
    expect(await backingOf('overlay')).toBe('base');
    expect(await cancelled.cancel()).toEqual({ result: 'cancelled' });
    const finished = await startJob(qmp, 'block-stream', { device: 'overlay' });
    await finished.outcome;
    expect(await finished.cancel()).toEqual({ result: 'completed' });
  });

  it('is exact when a cancel meets the end', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      const job = await stream({ speed: 0 }, `o${round}`);
      for (let turn = 0; turn < round % 8; turn += 1) await qmp.execute('query-jobs');
      const { result } = await job.cancel();
      expect(await backingOf(`o${round}`), `round ${round}`).toBe(result === 'cancelled' ? 'base' : undefined);
      seen.add(result);
      await qmp.execute('blockdev-del', { 'node-name': `o${round}` });
    }
    expect([...seen].filter((result) => result !== 'cancelled' && result !== 'completed')).toEqual([]);
  });

  it('finds the outcome of a job that ended while the connection was lost', async () => {
    await qmp.close();
    const monitor = join(daemon.directory, 'relay');
    await using relay = await startRelay(monitor, daemon.monitor);
    qmp = await keepQmp(monitor);
    const job = await stream({ speed: 4 * MiB });
    const [lost, found] = ['lost', 'found'].map(
      (wanted) => new Promise((resolve) => qmp.onConnection((state) => state === wanted && resolve(state))),
    );
    relay.cut();
    expect(await lost).toBe('lost');
    const other = await connectQmp(daemon.monitor);
    await other.execute('block-job-set-speed', { device: job.id, speed: 0 });
    await untilConcluded(other);
    await other.close();
    await found;
    expect(await job.outcome).toEqual({ result: 'completed' });
    expect(await qmp.execute('query-jobs')).toEqual([]);
  });

  it('is cancelled though the connection is lost just then', async () => {
    await qmp.close();
    const monitor = join(daemon.directory, 'relay');
    await using relay = await startRelay(monitor, daemon.monitor);
    qmp = await keepQmp(monitor);
    const job = await stream({ speed: 1 });
    const cancelling = job.cancel();
    relay.cut();
    expect(await cancelling).toEqual({ result: 'cancelled' });
  });

  it('does not know the outcome once the daemon is gone', async () => {
    const once = await connectQmp(daemon.monitor, { greetingTimeoutMs: 200 }).catch((error: unknown) => error);
    expect(once).toMatchObject({ kind: 'busy' });
    await qmp.close();
    qmp = await connectQmp(daemon.monitor);
    const job = await stream({ speed: 1 });
    daemon.process.kill('SIGKILL');
    expect(await job.outcome).toEqual({ result: 'unknown', reason: expect.objectContaining({ kind: 'closed' }) as unknown });
    expect(await job.reached('ready')).toBe(false);
    expect(await job.cancel()).toMatchObject({ result: 'unknown' });
  });

  it('follows a job that another client began', async () => {
    const { id } = await stream({ speed: 1 });
    await qmp.close();
    qmp = await connectQmp(daemon.monitor);
    const job = await followJob(qmp, id);
    expect(job.status).toBe('running');
    expect(await job.cancel()).toEqual({ result: 'cancelled' });
    await expect(followJob(qmp, id)).rejects.toMatchObject({ kind: 'command', class: 'DeviceNotActive' });
  });

  it('ends a mirror as a copy of its moment, or cancelled, as asked', async () => {
    await add('from', 'base.raw');
    await add('to', 'to.raw');
    const mirror = async (): Promise<Job> => {
      const job = await startJob(qmp, 'blockdev-mirror', { device: 'from', target: 'to', sync: 'full' });
      expect(await job.reached('ready')).toBe(true);
      return job;
    };
    const copied = await mirror();
    await copied.finishCopy();
    expect(await copied.outcome).toEqual({ result: 'completed' });
    expect(await (await mirror()).cancel()).toEqual({ result: 'cancelled' });
    const replaced = await mirror();
    await replaced.complete();
    expect(await replaced.outcome).toEqual({ result: 'completed' });
  });

  it('says why a job failed', async () => {
    await add('from', 'base.raw');
    make('small.raw', 8 * MiB);
    await qmp.execute('blockdev-add', {
      driver: 'blkdebug',
      'node-name': 'to',
      image: { driver: 'file', filename: join(daemon.directory, 'small.raw') },
      'inject-error': [{ event: 'none', iotype: 'write', errno: 28 }],
    });
    const job = await startJob(qmp, 'blockdev-backup', { device: 'from', target: 'to', sync: 'full' });
    expect(await job.outcome).toEqual({ result: 'failed', reason: 'No space left on device' });
  });

  it('refuses what cannot be started, and leaves nothing behind', async () => {
    const started = startJob(qmp, 'block-stream', { device: 'nothing' });
    await expect(started).rejects.toMatchObject({ kind: 'command', class: 'GenericError' });
    expect(await qmp.execute('query-jobs')).toEqual([]);
  });

  async function stream(options: { speed: number; 'auto-finalize'?: boolean }, name = 'overlay'): Promise<Job> {
    if (!(await nodes()).has('base')) await add('base', 'base.raw');
    spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(daemon.directory, name), `${8 * MiB}`]);
    const file = { driver: 'file', filename: join(daemon.directory, name) };
    await qmp.execute('blockdev-add', { driver: 'qcow2', 'node-name': name, file, backing: 'base' });
    return startJob(qmp, 'block-stream', { device: name, ...options });
  }

  async function add(node: string, name: string): Promise<void> {
    make(name, 8 * MiB);
    await qmp.execute('blockdev-add', {
      driver: 'raw',
      'node-name': node,
      file: { driver: 'file', filename: join(daemon.directory, name) },
    });
  }

  function make(name: string, size: number): void {
    const made = spawnSync('dd', ['if=/dev/urandom', `of=${join(daemon.directory, name)}`, `bs=${size}`, 'count=1', 'iflag=fullblock']);
    expect(made.status).toBe(0);
  }

  async function nodes(): Promise<Set<string | undefined>> {
    return new Set((await qmp.execute('query-named-block-nodes', { flat: true })).map((node) => node['node-name']));
  }

  async function untilConcluded(other: Qmp): Promise<void> {
    while ((await other.execute('query-jobs')).some(({ status }) => status !== 'concluded')) await sleep(10);
  }

  /** By the graph, not by what the image's header says. */
  async function backingOf(name: string): Promise<string | undefined> {
    const { nodes: all, edges } = await qmp.execute('x-debug-query-block-graph');
    const parent = all.find((node) => node.name === name)?.id;
    const edge = edges.find((one) => one.parent === parent && one.name === 'backing');
    return all.find((node) => node.id === edge?.child)?.name;
  }
});
