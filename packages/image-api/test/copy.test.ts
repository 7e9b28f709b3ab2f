import { randomBytes } from 'node:crypto';
import { chmod, link, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { apiWith, content, eventsOf, folder, from, leftovers, start, to } from './sandbox.ts';

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

  it('a driver that refuses such copies is not probed, and its reason is told', async () => {
    const { api } = apiWith([{ refusal: 'copies only what is blue' }]);
    const error = (await api
      .copy(from, to)
      .wait()
      .catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'NO_DRIVER', details: { candidates: [{ driver: 'd1', stage: 'offer' }] } });
    expect(error.message).toContain('d1: copies only what is blue');
  });

  it('a checksum that does not match is told before anything is published', async () => {
    const task = start({}, { checksum: `sha256:${'0'.repeat(64)}` });
    await expect(task.wait()).rejects.toMatchObject({ code: 'VERIFY_FAILED', origin: 'source' });
    expect(await leftovers()).toEqual([]);
  });
});
