import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { link, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CopyOptions, Task } from '../src/index.ts';
import { apiWith, content, folder, from, leftovers, start, to } from './sandbox.ts';

const holders: ChildProcess[] = [];
afterEach(async () => {
  for (const holder of holders.splice(0)) {
    if (holder.exitCode !== null || holder.signalCode !== null) continue;
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
});

/** Another process that holds a staging file, as a running copy does. */
async function holdBeside(fingerprint: string): Promise<string> {
  const path = join(folder, 'out', `.copy.raw.${fingerprint}.part`);
  await writeFile(path, 'of another copy', { mode: 0o600 });
  const holder = spawn('sh', ['-c', 'exec 9<>"$1"; flock -n 9 && echo held && exec sleep 60', 'sh', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.push(holder);
  await once(holder.stdout, 'data');
  return path;
}

const first = '0'.repeat(16);
const last = 'f'.repeat(16);

describe('another copy to the same destination, of another source', () => {
  it.each([first, last])('that is under way is told, and left alone, wherever its name stands: %s', async (fingerprint) => {
    const path = await holdBeside(fingerprint);
    await writeFile(to, 'old');
    await expect(start({}, { overwrite: 'replace' }).wait()).rejects.toMatchObject({ code: 'DESTINATION_BUSY', untouched: true });
    expect(await leftovers()).toEqual([basename(path), 'copy.raw'].toSorted());
    expect(await readFile(to, 'utf8')).toBe('old');
  });

  it('that lets go at once, because both began together, is waited for by the first of the two', async () => {
    await holdBeside(last);
    const copy = start({}).wait();
    setTimeout(() => holders[0]?.kill('SIGKILL'), 500);
    await copy;
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('is one of many started together: one whole image comes of it, the others are told', async () => {
    const sources = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const path = join(folder, `source-${index}.raw`);
        await writeFile(path, Buffer.alloc(50_000, index + 1));
        return path;
      }),
    );
    const slow = {
      steps: [
        async (request: { from: { path: string }; to: { path: string } }) => {
          await writeFile(request.to.path, await readFile(request.from.path));
          await new Promise((resolve) => setTimeout(resolve, 100));
          return { counters: {} };
        },
      ],
    };
    const outcomes = await Promise.allSettled(
      sources.map((source) => apiWith([slow]).api.copy(source, to, { overwrite: 'replace' }).wait()),
    );
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => (reason as { code: string }).code);
    expect(new Set(failures)).toEqual(failures.length === 0 ? new Set() : new Set(['DESTINATION_BUSY']));
    expect(failures.length).toBeLessThan(6);
    const arrived = await readFile(to);
    expect(arrived).toEqual(Buffer.alloc(50_000, arrived[0]));
    expect(await leftovers()).toEqual(['copy.raw']);
  });
});

describe('what a dead copy left at the same destination', () => {
  const dead = (): string => join(folder, 'out', `.copy.raw.${first}.part`);

  it('is cleared away by the next one', async () => {
    await writeFile(dead(), 'half');
    await start({}).wait();
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('is cleared away, too, when the next one fails', async () => {
    await writeFile(dead(), 'half');
    await expect(start({ steps: [{ fail: { code: 'TOOL_FAILED', origin: 'driver' } }] }).wait()).rejects.toMatchObject({
      code: 'TOOL_FAILED',
    });
    expect(await leftovers()).toEqual([]);
  });

  it('is left alone where it is no staging file of ours', async () => {
    const others = ['.copy.raw.part', `.copy.raw.${'0'.repeat(15)}.part`, `.copy.raw2.${first}.part`, `copy.raw.${first}.part`];
    for (const name of others) await writeFile(join(folder, 'out', name), '');
    await symlink(from, dead());
    await start({}).wait();
    expect(await leftovers()).toEqual([...others, basename(dead()), 'copy.raw'].toSorted());
  });

  it('just after it had come to its end is cleared away, and the next one says so', async () => {
    await writeFile(to, content);
    await link(to, dead());
    const error: unknown = await start({})
      .wait()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'DESTINATION_EXISTS', message: expect.stringContaining('just after it was complete') });
    expect(await leftovers()).toEqual(['copy.raw']);
    expect(await readFile(to)).toEqual(content);
  });

  it('just after it had come to its end does not stand in the way of one that overwrites', async () => {
    const task = start({}, {});
    await task.wait();
    const staging = task.plan!.staging.replace('file://', '');
    await link(to, staging);
    await start({}, { overwrite: 'replace' }).wait();
    expect(await leftovers()).toEqual(['copy.raw']);
    expect(await readFile(to)).toEqual(content);
  });
});

describe('gc', () => {
  const halfWay = {
    steps: [{ half: { code: 'UNREACHABLE', origin: 'destination', retryable: true } }],
    capabilities: { resume: true },
  } as const;

  /** A copy that gave up, and left what arrived. */
  async function interrupted(): Promise<string> {
    const { api } = apiWith([halfWay], { retry: { attempts: 1 } });
    const task: Task = api.copy(from, to);
    await expect(task.wait()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    return task.plan!.staging;
  }

  it('finds by itself what a copy left, keeps it while it is young, and removes it when told to', async () => {
    const staging = await interrupted();
    const { api } = apiWith([{}]);
    const [found] = (await api.gc()).found.filter(({ href }) => href === staging);
    expect(found).toMatchObject({ href: staging, to: `file://${to}`, state: 'kept' });
    expect(await leftovers()).toHaveLength(1);
    expect((await api.gc({ olderThanMs: 0, dryRun: true })).found).toContainEqual(
      expect.objectContaining({ href: staging, state: 'kept' }),
    );
    expect((await api.gc({ olderThanMs: 0 })).found).toContainEqual(expect.objectContaining({ href: staging, state: 'removed' }));
    expect(await leftovers()).toEqual([]);
    expect((await api.gc({ olderThanMs: 0 })).found.filter(({ href }) => href === staging)).toEqual([]);
  });

  it('removes what is old from a directory that is named, and nothing else', async () => {
    const old = join(folder, 'out', `.a.raw.${first}.part`);
    const young = join(folder, 'out', `.b.raw.${first}.part`);
    for (const path of [old, young, join(folder, 'out', 'c.raw')]) await writeFile(path, 'x');
    await utimes(old, 1, 1);
    const { found, failed } = await apiWith([{}]).api.gc({ places: [dirname(old)] });
    expect(found.map(({ href, state }) => [href, state])).toEqual(
      expect.arrayContaining([
        [`file://${old}`, 'removed'],
        [`file://${young}`, 'kept'],
      ]),
    );
    expect(failed).toEqual([]);
    expect(await leftovers()).toEqual([basename(young), 'c.raw'].toSorted());
  });

  it('never touches what a copy is using', async () => {
    const path = await holdBeside(first);
    const { found } = await apiWith([{}]).api.gc({ places: [dirname(path)], olderThanMs: 0 });
    expect(found).toEqual([expect.objectContaining({ state: 'held' })]);
    expect(await leftovers()).toEqual([basename(path)]);
  });

  it('removes at once what has its real name already', async () => {
    await writeFile(to, content);
    await link(to, join(folder, 'out', `.copy.raw.${first}.part`));
    const { found } = await apiWith([{}]).api.gc({ places: [dirname(to)] });
    expect(found).toEqual([expect.objectContaining({ state: 'removed' })]);
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('says which place it could not look at, and goes on with the others', async () => {
    const { found, failed } = await apiWith([{}]).api.gc({ places: [join(folder, 'missing'), from, join(folder, 'out')] });
    expect(found).toEqual([]);
    expect(failed.map(({ error }) => error.code)).toEqual(['DESTINATION_UNWRITABLE', 'DESTINATION_KIND']);
  });

  it('forgets a copy that came to its end', async () => {
    await start({}).wait();
    const { found } = await apiWith([{}]).api.gc({ olderThanMs: 0, dryRun: true });
    expect(found.filter(({ href }) => href.startsWith(`file://${folder}`))).toEqual([]);
  });
});

describe('a deadline for retries', () => {
  it('ends them though tries are left', async () => {
    const options: CopyOptions = {};
    const failing = { steps: [{ fail: { code: 'UNREACHABLE', origin: 'destination', retryable: true } }] } as const;
    const { api, drivers } = apiWith([failing], { retry: { attempts: 1000, delayMs: 20, deadlineMs: 300 } });
    await expect(api.copy(from, to, options).wait()).rejects.toMatchObject({ code: 'RETRIES_EXHAUSTED' });
    expect(drivers[0]!.asked.length).toBeGreaterThan(1);
    expect(drivers[0]!.asked.length).toBeLessThan(20);
  });
});
