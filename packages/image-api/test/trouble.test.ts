import { getEventListeners } from 'node:events';
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../src/index.ts';
import type { CopyOptions } from '../src/index.ts';
import { apiWith, content, eventsOf, folder, from, leftovers, start, to } from './sandbox.ts';
import type { Script } from './scripted-driver.ts';

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
  it('is told as that, at once, also where it shows by its size', async () => {
    const { api, drivers } = apiWith([
      {
        steps: [
          async (request) => {
            await writeFile(from, 'and more', { flag: 'a' });
            await writeFile(request.to.path, await readFile(from));
            return { counters: {} };
          },
        ],
      },
    ]);
    await expect(api.copy(from, to).wait()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    expect(drivers[0]?.asked).toHaveLength(1);
  });

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

  it('is not tried for ever because each time it fails somewhere else', async () => {
    let turn = 0;
    const { api, drivers } = apiWith([
      {
        steps: [
          (_, context) => {
            turn += 1;
            context.report({ bytesLogical: (turn % 2) * 6 * 2 ** 20 });
            throw new ImageError('lost', { code: 'UNREACHABLE', origin: 'destination', retryable: true });
          },
        ],
      },
    ]);
    await expect(api.copy(from, to).wait()).rejects.toMatchObject({ code: 'RETRIES_EXHAUSTED' });
    expect(drivers[0]?.asked).toHaveLength(3);
  });

  it('begins the next try with the limit that was set meanwhile', async () => {
    const { api, drivers } = apiWith([
      {
        capabilities: { limits: 'live' },
        steps: [
          async (_, context) => {
            context.onControl('limits', (limits) => Promise.resolve(limits));
            await setLimits();
            throw new ImageError('lost', { code: 'UNREACHABLE', origin: 'destination', retryable: true });
          },
          'copy',
        ],
      },
    ]);
    const task = api.copy(from, to);
    const setLimits = (): Promise<unknown> => task.setLimits({ bandwidth: 1_000_000 });
    await task.wait();
    expect(drivers[0]?.asked.map(({ limits }) => limits)).toEqual([{}, { bandwidth: 1_000_000 }]);
  });

  it('that throws something unforeseen is reported as a mistake', async () => {
    const task = start({ steps: [() => Promise.reject(new TypeError('oops'))] });
    await expect(task.wait()).rejects.toMatchObject({ code: 'INTERNAL', driver: 'd1' });
    expect(await leftovers()).toEqual([]);
  });
});

describe('an option', () => {
  it('that does not exist is refused, and not forgotten', async () => {
    const task = start({}, { limits: { bandwidth: 1000 } } as CopyOptions);
    await expect(task.wait()).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(await leftovers()).toEqual([]);
  });

  it('that a driver finds wrong is told, and not worked around by another driver', async () => {
    const refuse = new ImageError('compres is no option of mine', { code: 'BAD_OPTION', origin: 'caller' });
    const { api } = apiWith([{}, { offerError: refuse }]);
    await expect(api.copy(from, to).wait()).rejects.toBe(refuse);
  });

  it('to convert to what it already is changes nothing', async () => {
    expect(await start({}, { toFormat: 'raw' }).wait()).toMatchObject({ driver: 'd1' });
  });
});

describe('pause', () => {
  it('that is answered after the end does not wake the dead', async () => {
    let answer: () => void = () => undefined;
    let finish: () => void = () => undefined;
    const { api } = apiWith([
      {
        capabilities: { pause: true },
        steps: [
          async (request, context) => {
            context.onControl('pause', () => new Promise((resolve) => (answer = resolve)));
            context.onControl('resume', () => Promise.resolve());
            await writeFile(request.to.path, content);
            context.report({ bytesLogical: 1 });
            await new Promise<void>((resolve) => (finish = resolve));
            return { counters: {} };
          },
        ],
      },
    ]);
    const task = api.copy(from, to);
    for await (const event of task) if (event.type === 'progress' && event.progress.bytesLogical > 0) break;
    const pausing = task.pause();
    finish();
    await task.wait();
    answer();
    await pausing;
    expect(task.state).toBe('succeeded');
    expect(await task.cancel()).toBe('succeeded');
  });
});

describe('cancel', () => {
  it('leaves nothing on the signal it came through', async () => {
    const abort = new AbortController();
    const { api } = apiWith([{}]);
    const tasks = Array.from({ length: 5 }, (_, index) => api.copy(from, join(folder, 'out', `${index}`), { signal: abort.signal }));
    await Promise.all(tasks.map((task) => task.wait()));
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

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
