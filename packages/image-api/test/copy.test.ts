import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImageApi } from '../src/index.ts';
import type { Config, CopyOptions, ImageApi, Task, TaskEvent } from '../src/index.ts';
import { scriptedDriver } from './scripted-driver.ts';
import type { Script } from './scripted-driver.ts';

const content = randomBytes(100_000);
let folder: string;
let from: string;
let to: string;
const apis: ImageApi[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-api-test-'));
  await mkdir(join(folder, 'out'));
  from = join(folder, 'disk.raw');
  to = join(folder, 'out', 'copy.raw');
  await writeFile(from, content);
});

afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.dispose()));
  await rm(folder, { recursive: true });
});

function apiWith(scripts: readonly Script[], config: Config = {}): { api: ImageApi; drivers: ReturnType<typeof scriptedDriver>[] } {
  const drivers = scripts.map((script, index) => scriptedDriver({ id: `d${index + 1}`, ...script }));
  const api = createImageApi({ drivers, retry: { attempts: 3, delayMs: 1 }, ...config });
  apis.push(api);
  return { api, drivers };
}

function start(script: Script, options: CopyOptions = {}): Task {
  return apiWith([script]).api.copy(from, to, options);
}

async function leftovers(): Promise<string[]> {
  return (await readdir(join(folder, 'out'))).toSorted();
}

async function eventsOf(task: Task): Promise<TaskEvent[]> {
  const events: TaskEvent[] = [];
  for await (const event of task) events.push(event);
  return events;
}

describe('copy', () => {
  it('publishes the whole image under its name, and leaves nothing else', async () => {
    const result = await start({}).wait();
    expect(await readFile(to)).toEqual(content);
    expect(await leftovers()).toEqual(['copy.raw']);
    expect(result).toMatchObject({
      driver: 'd1',
      size: content.length,
      verified: { by: 'size' },
      counters: { bytesLogical: content.length },
    });
  });

  it('returns before it has done anything', async () => {
    const { api, drivers } = apiWith([{}]);
    const task = api.copy(from, join(folder, 'nowhere', 'x'));
    expect(task.state).toBe('queued');
    expect(drivers[0]?.asked).toEqual([]);
    await expect(task.wait()).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE' });
  });

  it('hands out a task that an async function does not await by accident', async () => {
    const { api } = apiWith([{ steps: ['hang'] }]);
    const task = await (async () => api.copy(from, to))();
    expect(['queued', 'running']).toContain(task.state);
    expect(await task.cancel()).toBe('cancelled');
  });

  it('gives a new image the permissions of its source, within the umask', async () => {
    await chmod(from, 0o640);
    await start({}).wait();
    expect((await stat(to)).mode & 0o777).toBe(0o640 & ~process.umask());
  });

  it('tells its story in events, the result last', async () => {
    const events = await eventsOf(start({}));
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type !== 'progress')).toEqual(['state', 'plan', 'attempt', 'state', 'result']);
    expect(types.at(-1)).toBe('result');
  });

  it('is ready when it is done, for a driver that is not ready early', async () => {
    const image = await start({}).ready();
    expect(image.uri).toBe(`file://${to}`);
  });

  it('copies what a link points to', async () => {
    await symlink(from, join(folder, 'link.raw'));
    await apiWith([{}]).api.copy(join(folder, 'link.raw'), to).wait();
    expect(await readFile(to)).toEqual(content);
  });

  it('runs as many at once as it was told, and all in the end', async () => {
    const { api, drivers } = apiWith([{}], { concurrency: 2 });
    const tasks = Array.from({ length: 8 }, (_, index) => api.copy(from, join(folder, 'out', `${index}.raw`)));
    await Promise.all(tasks.map((task) => task.wait()));
    expect(drivers[0]?.asked).toHaveLength(8);
    expect(await leftovers()).toHaveLength(8);
  });
});

describe('a destination that exists', () => {
  beforeEach(() => writeFile(to, 'old', { mode: 0o604 }));

  it('is not touched without leave', async () => {
    await expect(start({}).wait()).rejects.toMatchObject({ code: 'DESTINATION_EXISTS', origin: 'destination' });
    expect(await readFile(to, 'utf8')).toBe('old');
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('is replaced with leave, and keeps its permissions', async () => {
    await chmod(to, 0o604);
    await start({}, { overwrite: 'replace' }).wait();
    expect(await readFile(to)).toEqual(content);
    expect((await stat(to)).mode & 0o777).toBe(0o604);
  });

  it('stays as it was when the copy fails', async () => {
    const task = start({ steps: [{ half: { code: 'TOOL_FAILED', origin: 'driver' } }] }, { overwrite: 'replace' });
    await expect(task.wait()).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    expect(await readFile(to, 'utf8')).toBe('old');
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('that appears while bytes move is not replaced without leave', async () => {
    await rm(to);
    const { api } = apiWith([
      {
        steps: [
          async (request) => {
            await writeFile(request.to.path, content);
            await writeFile(to, 'somebody was faster');
            return { counters: {} };
          },
        ],
      },
    ]);
    await expect(api.copy(from, to).wait()).rejects.toMatchObject({ code: 'DESTINATION_EXISTS' });
    expect(await readFile(to, 'utf8')).toBe('somebody was faster');
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('is given to the driver as a clone for a delta', async () => {
    await writeFile(to, randomBytes(5000));
    const old = await readFile(to);
    let seen: Buffer | undefined;
    const { api } = apiWith([
      {
        capabilities: { delta: true },
        steps: [
          async (request) => {
            seen = await readFile(request.to.path);
            expect(request.held).toBe('delta');
            await writeFile(request.to.path, content);
            return { counters: {} };
          },
        ],
      },
    ]);
    await api.copy(from, to, { overwrite: 'replace', delta: true }).wait();
    expect(seen).toEqual(old);
    expect(await readFile(to)).toEqual(content);
  });
});

describe('what makes a copy impossible', () => {
  const cases: readonly [string, () => Promise<[string, string]>, string][] = [
    ['a missing source', async () => [join(folder, 'none.raw'), to], 'SOURCE_MISSING'],
    ['a directory as source', async () => [folder, to], 'SOURCE_KIND'],
    ['a destination in a missing directory', async () => [from, join(folder, 'none', 'x.raw')], 'DESTINATION_UNWRITABLE'],
    ['a directory as destination', async () => [from, join(folder, 'out')], 'DESTINATION_KIND'],
    ['a link as destination', async () => (await symlink(join(folder, 'out'), to), [from, to]), 'DESTINATION_KIND'],
    ['a link to nothing as destination', async () => (await symlink('nowhere', to), [from, to]), 'DESTINATION_KIND'],
    ['the same file behind a link', async () => (await symlink(from, to), [from, to]), 'SAME_FILE'],
    ['the same file', async () => [from, from], 'SAME_FILE'],
    ['the same file by another name', async () => (await link(from, to), [from, to]), 'SAME_FILE'],
    ['an unknown scheme', async () => ['gopher://host/x', to], 'UNKNOWN_SCHEME'],
  ];
  it.each(cases)('%s is refused before any driver is asked', async (_, endpoints, code) => {
    const { api, drivers } = apiWith([{}]);
    const [one, other] = await endpoints();
    const error = await api
      .copy(one, other, { overwrite: 'replace' })
      .wait()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(drivers[0]?.asked).toEqual([]);
  });

  it('a limit that no driver can keep is refused with the reason of each', async () => {
    const { api } = apiWith([{}, { capabilities: { sparse: true } }]);
    const error = (await api
      .copy(from, to, { limit: '1MiB/s' })
      .wait()
      .catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'NO_DRIVER' });
    expect(error.message).toContain('d1: cannot hold a limit');
    expect(error.message).toContain('d2: cannot hold a limit');
  });

  it('a checksum that does not match is told before anything is published', async () => {
    const task = start({}, { checksum: `sha256:${'0'.repeat(64)}` });
    await expect(task.wait()).rejects.toMatchObject({ code: 'VERIFY_FAILED', origin: 'source' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('a driver that lies', () => {
  it.each([
    ['stops short', 'stop-short', 'size'],
    ['changes a byte', 'flip-a-byte', 'sha256'],
  ] as const)('and %s is caught', async (_, step, verify) => {
    const task = start({ steps: [step] }, { verify });
    const error: unknown = await task.wait().catch((thrown: unknown) => thrown);
    expect((error as { cause?: { code: string } }).cause?.code ?? (error as { code: string }).code).toBe('VERIFY_FAILED');
    expect(await leftovers()).toEqual([]);
  });

  it('and leaves another file under the staging name is caught', async () => {
    const swap: Script = {
      steps: [
        async (request) => {
          await rm(request.to.path);
          await writeFile(request.to.path, content);
          return { counters: {} };
        },
      ],
    };
    await expect(start(swap).wait()).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('a source that changes meanwhile', () => {
  it('is never published', async () => {
    const task = start({
      steps: [
        async (request) => {
          await writeFile(request.to.path, content);
          await utimes(from, 1, 1);
          return { counters: {} };
        },
      ],
    });
    await expect(task.wait()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('a failing driver', () => {
  it('is followed by the next when it wrote nothing', async () => {
    const { api } = apiWith([
      { steps: [{ fail: { code: 'TOOL_MISSING', origin: 'driver', untouched: true } }] },
      { offer: { seconds: 2 } },
    ]);
    const result = await api.copy(from, to).wait();
    expect(result.attempts).toMatchObject([{ driver: 'd1', error: { code: 'TOOL_MISSING' } }, { driver: 'd2' }]);
  });

  it('is not followed by another when bytes were written', async () => {
    const { api, drivers } = apiWith([{ steps: [{ half: { code: 'TOOL_FAILED', origin: 'driver' } }] }, { offer: { seconds: 2 } }]);
    await expect(api.copy(from, to).wait()).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    expect(drivers[1]?.asked).toEqual([]);
  });

  it('goes on from the bytes that arrived when it can resume', async () => {
    const { api, drivers } = apiWith([
      { capabilities: { resume: true }, steps: [{ half: { code: 'UNREACHABLE', origin: 'destination', retryable: true } }, 'copy'] },
    ]);
    const task = api.copy(from, to);
    const result = await task.wait();
    expect(drivers[0]?.asked.map(({ held }) => held)).toEqual([undefined, 'resume']);
    expect(result.attempts[1]?.kept).toBeGreaterThan(0);
    const tries = (await eventsOf(task)).filter((event) => event.type === 'attempt');
    expect(tries.at(-1)).toMatchObject({ number: 2, held: 'resume', after: { code: 'UNREACHABLE' } });
    expect(await readFile(to)).toEqual(content);
  });

  it('starts clean when it cannot resume', async () => {
    const { api, drivers } = apiWith([{ steps: [{ half: { code: 'UNREACHABLE', origin: 'destination', retryable: true } }, 'copy'] }]);
    await api.copy(from, to).wait();
    expect(drivers[0]?.asked.map(({ held }) => held)).toEqual([undefined, undefined]);
  });

  it('is given up in the end, and what arrived is kept for the same copy', async () => {
    const broken: Script = {
      capabilities: { resume: true },
      steps: [{ half: { code: 'UNREACHABLE', origin: 'destination', retryable: true } }],
    };
    const error = (await start(broken)
      .wait()
      .catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'RETRIES_EXHAUSTED' });
    expect(error.message).toContain('goes on from there');
    const again = apiWith([{ capabilities: { resume: true } }]);
    await again.api.copy(from, to).wait();
    expect(again.drivers[0]?.asked[0]?.held).toBe('resume');
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('that throws something unforeseen is reported as a mistake', async () => {
    const task = start({ steps: [() => Promise.reject(new TypeError('oops'))] });
    await expect(task.wait()).rejects.toMatchObject({ code: 'INTERNAL', driver: 'd1' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('cancel', () => {
  it('ends a running copy and removes what arrived', async () => {
    const task = start({ steps: ['hang'] });
    for await (const event of task) if (event.type === 'progress' && event.progress.bytesLogical > 0) break;
    expect(await task.cancel('enough')).toBe('cancelled');
    await expect(task.wait()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await leftovers()).toEqual([]);
  });

  it('says so when the copy was faster', async () => {
    const task = start({});
    await task.wait();
    expect(await task.cancel()).toBe('succeeded');
  });

  it('ends a copy that waits for its turn', async () => {
    const { api } = apiWith([{ steps: ['hang'] }], { concurrency: 1 });
    const first = api.copy(from, to);
    const second = api.copy(from, join(folder, 'out', 'second.raw'));
    expect(await second.cancel()).toBe('cancelled');
    expect(await first.cancel()).toBe('cancelled');
  });

  it('can come through a signal', async () => {
    const abort = new AbortController();
    const task = start({ steps: ['hang'] }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(task.wait()).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('two copies of the same at once', () => {
  it('do not mix: the second is told that the first is at work', async () => {
    const { api } = apiWith([{ steps: ['hang'] }]);
    const first = api.copy(from, to);
    for await (const event of first) if (event.type === 'progress' && event.progress.bytesLogical > 0) break;
    await expect(api.copy(from, to).wait()).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    expect(first.state).toBe('running');
    await first.cancel();
    expect(await leftovers()).toEqual([]);
  });
});
