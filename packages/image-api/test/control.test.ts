import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listTasks, steerTask } from '../src/index.ts';
import type { Task, TaskLimits, TaskRecord } from '../src/index.ts';
import { apiWith, from, leftovers, to } from './sandbox.ts';
import type { Script } from './scripted-driver.ts';

let runtime: string;
const given = process.env['XDG_RUNTIME_DIR'];

// Its own, so that the copies of whoever runs the tests are not among those that are found.
beforeEach(async () => {
  runtime = await mkdtemp(join(tmpdir(), 'rt-'));
  process.env['XDG_RUNTIME_DIR'] = runtime;
});
afterEach(async () => {
  if (given === undefined) delete process.env['XDG_RUNTIME_DIR'];
  else process.env['XDG_RUNTIME_DIR'] = given;
  await rm(runtime, { recursive: true });
});

/** Copies until it is cancelled, and does what it is told meanwhile. */
const obedient = (heard: string[] = []): Script => ({
  capabilities: { limits: 'live', pause: true },
  steps: [
    async (_, context) => {
      context.onControl('limits', (limits) => {
        heard.push(`limit ${limits.bandwidth ?? 'none'}`);
        return Promise.resolve(limits);
      });
      context.onControl('pause', () => Promise.resolve(void heard.push('pause')));
      context.onControl('resume', () => Promise.resolve(void heard.push('resume')));
      await new Promise((_resolve, reject) => context.signal.addEventListener('abort', () => reject(new Error('aborted'))));
      return { counters: {} };
    },
  ],
});

/** A copy that is under way and can be found. */
async function running(script: Script = obedient()): Promise<Task> {
  const task = apiWith([script], { control: true }).api.copy(from, to);
  for await (const event of task) if (event.type === 'attempt') break;
  await new Promise((resolve) => setTimeout(resolve, 50));
  return task;
}

async function found(id: string): Promise<TaskRecord | undefined> {
  return (await listTasks()).find((record) => record.id === id);
}

describe('a running copy', () => {
  it('is listed with what there is to know of it', async () => {
    const task = await running();
    expect(await found(task.id)).toMatchObject({
      id: task.id,
      pid: process.pid,
      state: 'running',
      from,
      to,
      driver: 'd1',
      limits: {},
      progress: { phase: 'copy', total: { bytes: 100_000 } },
    });
  });

  it('is limited, paused, resumed and cancelled by the beginning of its id', async () => {
    const heard: string[] = [];
    const task = await running(obedient(heard));
    const id = task.id.slice(0, 8);
    expect(await steerTask(id, { ask: 'limit', limit: '5MiB/s' })).toMatchObject({ limits: { bandwidth: 5 * 2 ** 20 } });
    expect((await steerTask(id, { ask: 'pause' })).task.state).toBe('paused');
    expect((await steerTask(id, { ask: 'resume' })).task.state).toBe('running');
    expect(await steerTask(id, { ask: 'limit', limit: 'none' })).toMatchObject({ limits: {} });
    expect(await steerTask(id, { ask: 'cancel', reason: 'enough' })).toMatchObject({ outcome: 'cancelled' });
    expect(heard).toEqual(['limit 5242880', 'pause', 'resume', 'limit none']);
    await expect(task.wait()).rejects.toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('enough') });
    expect(await leftovers()).toEqual([]);
  });

  it('says what it cannot do, and what was wrong with the question', async () => {
    const task = await running({ steps: ['hang'] });
    await expect(steerTask(task.id, { ask: 'pause' })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(steerTask(task.id, { ask: 'limit', limit: '5' })).rejects.toMatchObject({ code: 'BAD_LIMIT' });
    await expect(steerTask('nobody', { ask: 'pause' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(steerTask('', { ask: 'pause' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(task.state).toBe('running');
  });

  it('answers many at once', async () => {
    const task = await running();
    const lists = await Promise.all(Array.from({ length: 30 }, () => listTasks()));
    expect(lists.every((list) => list.some(({ id }) => id === task.id))).toBe(true);
  });

  it('is not disturbed by nonsense, nor by who talks without end', async () => {
    const task = await running();
    const [directory = ''] = (await readdir(join(runtime, 'image-api'))).filter((name) => name.startsWith('s'));
    const say = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const connection = createConnection(join(runtime, 'image-api', directory, 'control'));
        let heard = '';
        connection.on('error', () => undefined);
        connection.on('data', (piece) => {
          heard += piece.toString();
          connection.end();
        });
        connection.on('close', () => resolve(heard));
        connection.write(text);
      });
    for (const line of ['{}', 'null', '[', '"tasks"', '{"ask":"limit","task":1}', '{"ask":"format","task":"x"}']) {
      expect(JSON.parse(await say(`${line}\n`))).toMatchObject({ ok: false, code: 'BAD_OPTION' });
    }
    expect(await say('x'.repeat(200_000))).toBe('');
    expect((await found(task.id))?.state).toBe('running');
  });

  it('cannot be found unless its config says so', async () => {
    const task = apiWith([obedient()]).api.copy(from, to);
    for await (const event of task) if (event.type === 'attempt') break;
    expect(await listTasks()).toEqual([]);
    expect(await readdir(runtime)).not.toContain('finished');
  });
});

describe('a copy that has ended', () => {
  it('stays listed with its result', async () => {
    const task = apiWith([{}], { control: true }).api.copy(from, to);
    const result = await task.wait();
    await expect
      .poll(() => found(task.id))
      .toMatchObject({ state: 'succeeded', result: { driver: result.driver, verified: { by: 'size' } } });
    await expect(steerTask(task.id, { ask: 'cancel' })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('has ended'),
    });
  });

  it('stays listed with what went wrong', async () => {
    const task = apiWith([{ steps: [{ fail: { code: 'TOOL_FAILED', origin: 'driver' } }] }], { control: true }).api.copy(from, to);
    await expect(task.wait()).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    await expect.poll(() => found(task.id)).toMatchObject({ state: 'failed', error: { code: 'TOOL_FAILED' } });
  });
});

describe('a limit', () => {
  it.each<TaskLimits>([{ bandwidth: 0 }, { bandwidth: 1.5 }, { group: 'a b' }, { group: 'a', auto: true }])(
    'cannot be %j',
    async (limits) => {
      const task = await running();
      await expect(task.setLimits(limits)).rejects.toMatchObject({ code: expect.stringMatching(/^BAD_(LIMIT|OPTION)$/) });
    },
  );

  it('that moves is refused where the driver cannot change it while it copies', async () => {
    const { api } = apiWith([{ capabilities: { limits: 'start' } }]);
    for (const options of [{ limit: 'auto' }, { group: 'some', limit: '5MiB/s' }]) {
      await expect(api.copy(from, to, options).wait()).rejects.toMatchObject({ code: 'NO_DRIVER' });
    }
  });
});
