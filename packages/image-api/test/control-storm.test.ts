import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../src/index.ts';
import type { Task, TaskState } from '../src/index.ts';
import { apiWith, content, eventsOf, from, leftovers, start, to } from './sandbox.ts';
import type { Script, Step } from './scripted-driver.ts';

type Call = 'pause' | 'resume' | 'ready' | 'wait' | 'cancel' | { readonly bandwidth: number } | { readonly sleepMs: number };

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 30, arbitrary: fc.constant('pause' as const) },
  { weight: 30, arbitrary: fc.constant('resume' as const) },
  { weight: 20, arbitrary: fc.record({ bandwidth: fc.integer({ min: 5_000_000, max: 500_000_000 }) }) },
  { weight: 10, arbitrary: fc.constantFrom('ready' as const, 'wait' as const) },
  { weight: 30, arbitrary: fc.record({ sleepMs: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 1, arbitrary: fc.constant('cancel' as const) },
);

/** At which of its pieces a try fails, one entry for each try that does. */
const failures = fc.array(fc.integer({ min: 0, max: 19 }), { maxLength: 3 });

const next: Readonly<Record<TaskState, readonly TaskState[]>> = {
  queued: ['running', 'cancelled', 'failed'],
  running: ['paused', 'succeeded', 'failed', 'cancelled'],
  paused: ['running', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

describe('a storm of calls', () => {
  it('leaves a task in a lawful state, with one end, and nothing but the image on the disk', async () => {
    const storm = fc.array(call, { minLength: 100, maxLength: 140 });
    const ends = new Set<TaskState>();
    const property = fc.asyncProperty(storm, failures, async (calls, failing) => {
      await rm(to, { force: true });
      const { api } = apiWith([piecewise(failing)]);
      const task = api.copy(from, to);
      const answers: Promise<void>[] = [];
      for (const one of calls) {
        if (typeof one === 'object' && 'sleepMs' in one) await sleep(one.sleepMs);
        else answers.push(expectAnswer(task, one));
      }
      await settle(task);
      await Promise.all(answers);
      await expectLawfulEnd(task);
      ends.add(task.state);
      await api.dispose();
    });
    await fc.assert(property, { numRuns: 25, endOnFailure: true });
    expect(ends).toContain('succeeded');
  });

  it('asks nothing of a driver that never said it could', async () => {
    const task = start({ steps: ['hang'] });
    for await (const event of task) if (event.type === 'progress' && event.progress.bytesLogical > 0) break;
    await expect(task.pause()).rejects.toMatchObject({ code: 'UNSUPPORTED', driver: 'd1' });
    await expect(task.setLimits({ bandwidth: 1_000_000 })).rejects.toMatchObject({ code: 'UNSUPPORTED', driver: 'd1' });
    expect(task.state).toBe('running');
    await task.cancel();
    await expect(task.pause()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

/** A driver that can be paused and limited while it runs, and whose answers take a moment. */
function piecewise(failing: readonly number[]): Script {
  const tries = failing.map((at) => step(at));
  return { capabilities: { pause: true, limits: 'live' }, steps: [...tries, step(Number.POSITIVE_INFINITY)] };
}

function step(failAt: number): Step {
  return async (request, context) => {
    const takeBack = [
      context.onControl('pause', () => sleep(1)),
      context.onControl('resume', () => sleep(1)),
      context.onControl('limits', (limits) => sleep(1, limits)),
    ];
    const file = await open(request.to.path, 'r+');
    const size = content.length / 20;
    try {
      for (let piece = 0; piece < 20; piece += 1) {
        await context.checkpoint(size);
        if (piece === failAt) throw new ImageError('told to fail', { code: 'UNREACHABLE', origin: 'destination', retryable: true });
        await file.write(content.subarray(piece * size, (piece + 1) * size), 0, size, piece * size);
        context.report({ bytesLogical: (piece + 1) * size });
      }
    } finally {
      for (const take of takeBack) take();
      await file.close();
    }
    return { counters: {} };
  };
}

/** Every call is answered, and refused only in so many words. */
async function expectAnswer(task: Task, one: Exclude<Call, { readonly sleepMs: number }>): Promise<void> {
  try {
    if (typeof one === 'object') expect(await task.setLimits(one)).toEqual(one);
    else if (one === 'cancel') expect(await task.cancel()).toBe(task.state);
    else await task[one]();
  } catch (error) {
    if (one === 'ready' || one === 'wait') await expect(task.wait()).rejects.toBe(error);
    else expect(error).toMatchObject({ code: 'UNSUPPORTED' });
  }
}

/** Whoever pauses a copy must let it go on for it to end. */
async function settle(task: Task): Promise<void> {
  const over = task.wait().then(
    () => true,
    () => true,
  );
  do await task.resume();
  while (!(await Promise.race([over, sleep(2, false)])));
}

async function expectLawfulEnd(task: Task): Promise<void> {
  const events = await eventsOf(task);
  const states = events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
  for (const [index, state] of states.entries()) expect(next[states[index - 1] ?? 'queued'], states.join(' → ')).toContain(state);
  expect(states.at(-1)).toBe(task.state);
  expect(next[task.state], 'it is over').toEqual([]);
  const terminal = events.filter(({ type }) => type === 'result' || type === 'error');
  expect(terminal).toEqual([events.at(-1)]);
  expect(terminal[0]?.type).toBe(task.state === 'succeeded' ? 'result' : 'error');
  expect(await leftovers()).toEqual(task.state === 'succeeded' ? ['copy.raw'] : []);
  if (task.state === 'succeeded') expect(await readFile(to)).toEqual(content);
}
