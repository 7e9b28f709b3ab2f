import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History } from '../src/history/history.ts';
import type { Config, CopyOptions, Plan } from '../src/index.ts';
import { apiWith, content, folder, from, to } from './sandbox.ts';
import type { Script } from './scripted-driver.ts';

/** Where the instances under test keep their state. */
let state: string;
const before = process.env['XDG_STATE_HOME'];

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'image-api-state-'));
  process.env['XDG_STATE_HOME'] = state;
});
afterEach(async () => {
  if (before === undefined) delete process.env['XDG_STATE_HOME'];
  else process.env['XDG_STATE_HOME'] = before;
  await rm(state, { recursive: true });
});

/** Writes the image, and says that it moved so much that its time is worth something. */
async function move({ to: { path } }: TransferRequest): Promise<TransferReport> {
  await writeFile(path, content);
  return { counters: { bytesRead: 2 ** 24 } };
}

const driver = (seconds: number, more: Partial<Script> = {}): Script => ({ offer: { accept: true, seconds }, steps: [move], ...more });

/** Copy with an instance of its own, as a program would that ends afterwards. */
async function copy(scripts: readonly Script[], options: CopyOptions = {}, config: Config = {}): Promise<void> {
  const { api } = apiWith(scripts, config);
  await api.copy(from, to, { overwrite: 'replace', ...options }).wait();
  await api.dispose();
}

async function twice(...given: Parameters<typeof copy>): Promise<void> {
  await copy(...given);
  await copy(...given);
}

const planned = (scripts: readonly Script[], options: CopyOptions = {}, config: Config = {}): Promise<Plan> =>
  apiWith(scripts, config).api.plan(from, join(folder, 'out', 'next.raw'), options);

const estimates = async (...given: Parameters<typeof planned>): Promise<unknown> =>
  (await planned(...given)).candidates.map((candidate) => candidate.accepted && [candidate.driver, candidate.seconds, candidate.basis]);

/** The most that a guess of 1000.05 seconds is corrected downwards: so slow is no disk that a copy here takes longer. */
const tenth = expect.closeTo(100.05, 9) as number;
const guessed = (id: string, seconds: number): unknown => [id, seconds, { by: 'driver' }];

describe('what copies took', () => {
  it('says nothing where they were hashed on their way', async () => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}` as const;
    const hashing = {
      steps: [async (request: TransferRequest) => ({ ...(await move(request)), fromDigest: digest, writtenDigest: digest })],
    };
    await twice([driver(1000.05, hashing)], { verify: 'sha256' });
    expect(await estimates([driver(1000.05)])).toEqual([guessed('d1', 1000.05)]);
  });

  it('corrects the estimates of later ones, in other processes, too', async () => {
    await copy([driver(1000.05)]);
    expect(await estimates([driver(1000.05)])).toEqual([guessed('d1', 1000.05)]);
    await copy([driver(1000.05)]);
    // They took no time at all, and a tenth of the guess is the least that is believed.
    expect(await estimates([driver(1000.05)])).toEqual([['d1', tenth, { by: 'own-copies', copies: 2, guess: 1000.05 }]]);
  });

  it('decides who copies', async () => {
    const drivers = [driver(1000.05), driver(500.3)];
    expect((await planned(drivers)).driver).toBe('d2');
    await twice([driver(500.3, { id: 'd1' })]);
    // Nothing is known of d2: it is taken to be as far off, so what it has before d1 it keeps.
    expect((await planned(drivers)).driver).toBe('d2');
    // It took as long as it said, or longer: against d1, which took a tenth, it is slow.
    await twice([driver(0.7, { id: 'd2', steps: [sleepFirst] })]);
    expect((await planned(drivers)).driver).toBe('d1');
  });

  it('is of the way in which a driver copied', async () => {
    const by = (way: string): Script => driver(1000.05, { offer: { accept: true, seconds: 1000.05, way } });
    await twice([by('fetch')]);
    expect(await estimates([by('fetch')])).toEqual([['d1', tenth, { by: 'own-copies', copies: 2, guess: 1000.05 }]]);
    expect(await estimates([by('cache')])).toEqual([['d1', tenth, { by: 'other-copies', copies: 2, guess: 1000.05 }]]);
  });

  it('is neither learnt from copies with a limit, or that give way, nor used for them', async () => {
    const one = driver(1000.05, { capabilities: { limits: 'live', idle: true } });
    for (const options of [{ limit: '900GB/s' }, { priority: 'idle' }] as const) await twice([one], options);
    expect(await estimates([one])).toEqual([guessed('d1', 1000.05)]);
    await twice([one]);
    expect(await estimates([one])).toEqual([['d1', tenth, { by: 'own-copies', copies: 2, guess: 1000.05 }]]);
    expect(await estimates([one], { limit: '900GB/s' })).toEqual([guessed('d1', 1000.05)]);
    expect(await estimates([one], { priority: 'idle' })).toEqual([guessed('d1', 1000.05)]);
  });

  it('is not learnt from copies that ran beside others', async () => {
    const names = ['a', 'b', 'c'].map((name) => join(folder, 'out', name));
    let all: () => void = () => undefined;
    const together = new Promise<void>((resolve) => (all = resolve));
    let there = 0;
    const meet = async (request: TransferRequest): Promise<TransferReport> => {
      there += 1;
      if (there === names.length) all();
      await together;
      return move(request);
    };
    const { api } = apiWith([driver(1000.05, { steps: [meet] })]);
    await Promise.all(names.map((name) => api.copy(from, name).wait()));
    await api.dispose();
    expect(await estimates([driver(1000.05)])).toEqual([guessed('d1', 1000.05)]);
  });

  it('is not learnt from one that had to be tried again, or came otherwise than it was offered', async () => {
    await twice([driver(1000.05, { steps: [{ fail: { code: 'UNREACHABLE', origin: 'driver', retryable: true } }, move] })]);
    await twice([driver(1000.05, { steps: [async (request) => ({ ...(await move(request)), warnings: ['another way'] })] })]);
    expect(await estimates([driver(1000.05)])).toEqual([guessed('d1', 1000.05)]);
  });

  it('is not learnt from one that was given a limit on the way, or that was paused', async () => {
    const capabilities = { limits: 'live', pause: true } as const;
    const steered = async (request: TransferRequest, context: TransferContext): Promise<TransferReport> => {
      const took = [
        context.onControl('limits', (limits) => Promise.resolve(limits)),
        context.onControl('pause', () => Promise.resolve()),
        context.onControl('resume', () => Promise.resolve()),
      ];
      await asked;
      for (const back of took) back();
      return move(request);
    };
    let go: () => void = () => undefined;
    let asked = new Promise<void>((resolve) => (go = resolve));
    for (const steer of ['limits', 'limits', 'pause', 'pause']) {
      asked = new Promise((resolve) => (go = resolve));
      const { api } = apiWith([driver(1000.05, { capabilities, steps: [steered] })]);
      const task = api.copy(from, to, { overwrite: 'replace' });
      for await (const event of task) {
        if (event.type !== 'attempt') continue;
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (steer === 'limits') await task.setLimits({ bandwidth: 1e12 });
        else await task.pause().then(() => task.resume());
        go();
      }
      await api.dispose();
    }
    expect(await estimates([driver(1000.05)])).toEqual([guessed('d1', 1000.05)]);
  });

  it('is neither kept nor used where the config says so', async () => {
    await twice([driver(1000.05)], {}, { history: false });
    expect(await readdir(join(state, 'image-api'))).not.toContain('history');
    await twice([driver(1000.05)]);
    expect(await estimates([driver(1000.05)], {}, { history: false })).toEqual([guessed('d1', 1000.05)]);
  });

  it('fails no copy where it cannot be written', async () => {
    await writeFile(join(state, 'image-api'), 'a file');
    await twice([driver(1000.05)]);
    expect(await readFile(to)).toEqual(content);
    await rm(join(state, 'image-api'));
    await copy([driver(1000.05)]);
    await chmod(join(state, 'image-api', 'history'), 0o777);
    await copy([driver(1000.05)]);
    expect(await estimates([driver(1000.05)])).toEqual([guessed('d1', 1000.05)]);
  });
});

async function sleepFirst(request: TransferRequest): Promise<TransferReport> {
  await new Promise((resolve) => setTimeout(resolve, 700));
  return move(request);
}

it('stays whole while processes write to it side by side', async () => {
  const directory = join(state, 'history');
  const entry = fileURLToPath(new URL('../src/history/history.ts', import.meta.url));
  const bundle = join(state, 'history.mjs');
  await build({ entryPoints: [entry], outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' });
  const code = `
    import { History } from ${JSON.stringify(bundle)};
    const history = new History({ debug: console.error, warn: console.error }, ${JSON.stringify(directory)});
    const lesson = { driver: process.argv[1], bytes: 3e8, guess: 4, seconds: 30 };
    for (let count = 0; count < 60; count += 1) history.learn('a route', lesson);
    await history.settled();`;
  const writers = ['a', 'b', 'c'].map((id) => promisify(execFile)(process.execPath, ['--input-type=module', '-e', code, id]));
  const ended = Promise.allSettled(writers).then(() => 'ended');
  const history = new History({ debug: () => undefined, warn: () => undefined }, directory);
  const counts: number[] = [];
  while ((await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1))])) !== 'ended')
    counts.push((await history.lessonsOn('a route')).length);
  expect((await Promise.all(writers)).map(({ stderr }) => stderr)).toEqual(['', '', '']);
  // Once there is a file it is never torn.
  expect(counts.slice(counts.findIndex((count) => count > 0)).filter((count) => count === 0)).toEqual([]);
  expect((await history.lessonsOn('a route')).length).toBeGreaterThanOrEqual(8);
  expect(await readdir(directory)).toHaveLength(1);
});
