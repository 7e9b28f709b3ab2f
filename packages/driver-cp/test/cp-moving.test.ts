import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Limits } from '@image-api/driver';
import { cp } from '../src/index.ts';
import { contextFor, failureOf, offerOf, requestFor, staging, transfer } from './copying.ts';
import { Loop, run, whyNoLoop } from './loop.ts';

const mib = 2 ** 20;
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driver-cp-moving-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Noise at these places, in bytes, and holes between; as long as the last of them reaches. */
async function scattered(name: string, pieces: readonly (readonly [at: number, length: number])[], size?: number): Promise<string> {
  const path = join(directory, name);
  const file = await open(path, 'wx');
  for (const [at, length] of pieces) await file.write(randomBytes(length), 0, length, at);
  if (size !== undefined) await file.truncate(size);
  await file.sync();
  await file.close();
  return path;
}

const allocated = (path: string): number => statSync(path).blocks * 512;
const expectSame = (one: string, other: string): void => {
  expect(execFileSync('cmp', [one, other], { encoding: 'utf8' })).toBe('');
};

/** How the scheduler treats a thread of this process. */
function policyOf(id: string): string {
  const fields = readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return fields[38] === '5' ? 'SCHED_IDLE' : 'another';
}

describe('data moved by cp itself', { timeout: 30_000 }, () => {
  it.each([
    ['thousands of small pieces', Array.from({ length: 2000 }, (_, index) => [index * 20_480, 4096] as const), undefined],
    [
      'pieces that begin and end anywhere',
      [
        [1, 5],
        [70_000, 200_001],
        [3 * mib + 17, mib],
      ] as const,
      undefined,
    ],
    ['a hole before and behind', [[5 * mib, 3 * mib]] as const, 20 * mib + 1],
    ['a hole only', [], 7 * mib + 3],
    ['no hole and an end that is not round', [[0, 3 * mib + 513]] as const, undefined],
  ])('is the same, and as sparse, of an image with %s', async (name, pieces, size) => {
    const from = await scattered(`${name}.raw`, pieces, size);
    const to = await staging(join(directory, `${name}.part`));
    await transfer(cp(), await requestFor(from, to));
    expectSame(from, to);
    execFileSync('sync', [to]);
    expect(allocated(to)).toBeLessThanOrEqual(allocated(from) + 65_536);
  });

  it('keeps holes where there is no perl to ask for them, by their zeros', async () => {
    const from = await scattered('asked.raw', [[10 * mib, mib]], 64 * mib);
    const to = await staging(join(directory, 'asked.part'));
    const request = await requestFor(from, to);
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      await transfer(cp({ reflink: 'never' }), request);
    } finally {
      process.env['PATH'] = path;
    }
    expectSame(from, to);
    expect(allocated(to)).toBeLessThan(2 * mib);
  });

  it('goes on from what is there, and mends what is wrong of it', async () => {
    const from = await scattered('held.raw', [
      [0, 6 * mib],
      [10 * mib, 2 * mib + 100],
    ]);
    const to = await staging(join(directory, 'held.part'));
    await copyFile(from, to);
    const file = await open(to, 'r+');
    await file.truncate(11 * mib);
    await file.write('wrong', 3 * mib);
    await file.write('in a hole', 8 * mib);
    await file.close();
    const { report } = await transfer(cp(), await requestFor(from, to, { held: 'resume' }));
    expectSame(from, to);
    const written = (report.counters.bytesLogical ?? 0) - (report.counters.bytesSkipped ?? 0);
    expect(written).toBeGreaterThan(mib);
    expect(written).toBeLessThan(1.5 * mib);
  });

  it('says that the source was cut', async () => {
    const from = await scattered('cut.raw', [[0, 32 * mib]]);
    const request = await requestFor(from, await staging(join(directory, 'cut.part')));
    let cut = false;
    const report = ({ bytesLogical = 0 }): void => {
      if (!cut && bytesLogical > 0) run('truncate', ['--size', `${4 * mib + 5}`, from]);
      cut ||= bytesLogical > 0;
    };
    const error = await failureOf(cp({ reflink: 'never' }).transfer(request, { ...contextFor(), report }));
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', origin: 'source' });
    expect(error.message).toContain('was cut while it was copied');
  });

  it('moves nothing from the moment a pause is granted', async () => {
    const from = await scattered('paused.raw', [[0, 64 * mib]]);
    const to = await staging(join(directory, 'paused.part'));
    const controls = new Map<string, () => Promise<unknown>>();
    const onControl = (event: string, handler: (limits: Limits) => Promise<unknown>): (() => void) => {
      controls.set(event, () => handler({}));
      return () => void controls.delete(event);
    };
    const seen = { moved: 0 };
    const copying = cp({ reflink: 'never' }).transfer(await requestFor(from, to), {
      ...contextFor(),
      onControl,
      checkpoint: () => sleep(2),
      report: ({ bytesLogical = 0 }) => void (seen.moved = bytesLogical),
    });
    for (let waited = 0; seen.moved < 4 * mib && waited < 5000; waited += 1) await sleep(1);
    await controls.get('pause')?.();
    const granted = { ...seen, allocated: allocated(to) };
    await sleep(200);
    expect({ ...seen, allocated: allocated(to) }).toEqual(granted);
    await controls.get('resume')?.();
    await copying;
    expectSame(from, to);
    expect([...controls.keys()]).toEqual([]);
  });

  it('leaves this process free for other things, however many copies there are', async () => {
    const from = await scattered('many.raw', [[0, 2 * mib]]);
    const folder = join(directory, 'many');
    await mkdir(folder);
    let beats = 0;
    const beat = setInterval(() => (beats += 1), 10);
    const startMs = performance.now();
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const to = await staging(join(folder, `${index}.part`));
        await transfer(cp({ reflink: 'never' }), await requestFor(from, to));
        expectSame(from, to);
      }),
    );
    clearInterval(beat);
    expect(beats, `in ${performance.now() - startMs} ms`).toBeGreaterThan(10);
  });

  it('is limited as offered, and says by what', async () => {
    const from = await scattered('limited.raw', [[0, 2 * mib]]);
    const request = await requestFor(from, await staging(join(directory, 'limited.part')), { limits: { bandwidth: 3_000_001 } });
    expect(await offerOf(cp(), request)).toMatchObject({ limits: { bandwidth: 3_000_001 }, charged: 'image' });
  });

  it('at idle priority is the same, and its thread is gone when it is over', async () => {
    const from = await scattered('idle.raw', [
      [0, 5 * mib + 7],
      [9 * mib, mib],
    ]);
    const to = await staging(join(directory, 'idle.part'));
    const threads = (): number => Number(/^Threads:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
    const before = threads();
    await transfer(cp({ reflink: 'never' }), await requestFor(from, to, { priority: 'idle' }));
    expectSame(from, to);
    expect(threads()).toBeLessThanOrEqual(before);
  });

  it('at idle priority has a thread that stops at once when another wants to run', async () => {
    const from = await scattered('gives-way.raw', [[0, 4 * mib]]);
    const to = await staging(join(directory, 'gives-way.part'));
    const moving = transfer(cp({ reflink: 'never' }), await requestFor(from, to, { priority: 'idle', limits: { bandwidth: 8 * mib } }));
    const over = new AbortController();
    const policies = new Set<string>();
    const watching = (async () => {
      while (!over.signal.aborted) {
        for (const id of readdirSync('/proc/self/task')) policies.add(policyOf(id));
        await sleep(5);
      }
    })();
    await moving.finally(() => over.abort());
    await watching;
    expect(policies).toContain('SCHED_IDLE');
  });
});

const reason = whyNoLoop();

describe.skipIf(reason !== undefined)(
  `data moved on odd filesystems${reason === undefined ? '' : ` (${reason})`}`,
  { timeout: 30_000 },
  () => {
    it.each(['normal', 'idle'] as const)('goes through memory where nothing goes past it, at %s priority', async (priority) => {
      const mountPoint = join(directory, `ramfs-${priority}`);
      await mkdir(mountPoint);
      run('mount', ['-t', 'ramfs', 'ramfs', mountPoint]);
      try {
        const from = await scattered(`memory-${priority}.raw`, [
          [0, 5 * mib + 7],
          [9 * mib, mib],
        ]);
        const to = await staging(join(mountPoint, 'to.part'));
        await transfer(cp(), await requestFor(from, to, { priority }));
        expectSame(from, to);
      } finally {
        run('umount', [mountPoint]);
      }
    });

    it('tells a disk that hangs, and lets go when it comes back', async () => {
      const folder = join(directory, 'frozen');
      await mkdir(folder);
      const loop = new Loop(folder);
      const mountPoint = loop.mount('ext4', 100);
      try {
        const from = await scattered('frozen.raw', [[0, 8 * mib]]);
        const to = await staging(join(mountPoint, 'to.part'));
        const request = await requestFor(from, to);
        let frozen = false;
        const report = ({ bytesLogical = 0 }): void => {
          if (!frozen && bytesLogical > 0) run('fsfreeze', ['--freeze', mountPoint]);
          frozen ||= bytesLogical > 0;
        };
        const error = await failureOf(cp({ stallMs: 300 }).transfer(request, { ...contextFor(), report }));
        expect(error).toMatchObject({ code: 'STALLED', retryable: true, untouched: false });
        run('fsfreeze', ['--unfreeze', mountPoint]);
        // The calls that hung come back, and nothing holds the filesystem any more.
        await sleep(300);
      } finally {
        loop.release();
      }
    });
  },
);
