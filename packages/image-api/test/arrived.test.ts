import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ArrivedImage, TransferContext } from '@image-api/driver';
import { expect, it } from 'vitest';
import type { CopyOptions, TaskResult } from '../src/index.ts';
import type { Script } from './scripted-driver.ts';
import { apiWith, content, eventsOf, from, leftovers, start, to } from './sandbox.ts';

const checksum = `sha256:${createHash('sha256').update(content).digest('hex')}` as const;

/** A driver that moves nothing, and what it was told. */
function keeper(answer: () => Promise<void> = () => Promise.resolve()): Script & { readonly told: ArrivedImage[] } {
  const told: ArrivedImage[] = [];
  const arrived = async (image: ArrivedImage): Promise<void> => {
    expect(await readFile(image.path)).toEqual(content);
    told.push(image);
    return answer();
  };
  return { capabilities: { routes: [{ from: 'nowhere', to: 'file' }] }, arrived, told };
}

const copied = (scripts: readonly Script[], options: CopyOptions = {}): Promise<TaskResult> =>
  apiWith(scripts).api.copy(from, to, options).wait();

it('is told of what another driver brought, once that has its name', async () => {
  const told = keeper();
  const result = await copied([{}, told], { checksum });
  expect(result).toMatchObject({ driver: 'd1', verified: { by: 'sha256', digest: checksum } });
  expect(result).not.toHaveProperty('warnings');
  expect(told.told).toMatchObject([
    { path: to, digest: checksum, facts: { kind: 'file', size: content.length }, from: { path: from }, priority: 'normal' },
  ]);
  expect(told.told[0]?.facts.allocated).toBeGreaterThan(0);
});

it('is told of what it brought itself, too', async () => {
  const told = keeper();
  await copied([{ ...(told.arrived && { arrived: told.arrived }) }], { checksum });
  expect(told.told).toHaveLength(1);
});

it.each([
  ['whose content nobody knew beforehand', { verify: 'sha256' }, {}],
  ['that failed', { checksum }, { steps: ['flip-a-byte'] }],
] as const)('is not told of a copy %s', async (_, options, script) => {
  const told = keeper();
  await copied([{ ...script }, told], options).catch(() => undefined);
  expect(told.told).toEqual([]);
});

it('cannot make a copy fail: what it could not do is a warning', async () => {
  const failing = keeper(() => Promise.reject(new Error('the shelf is full')));
  const away = { ...keeper(), unavailable: 'there is no shelf here' };
  const result = await copied([{}, failing, away], { checksum });
  expect(result.warnings).toEqual(['d2: the shelf is full', 'd3 did not look at what arrived: there is no shelf here']);
  expect(await leftovers()).toEqual(['copy.raw']);
});

it('does not keep who waits for the image waiting, and tells that it is at work', async () => {
  let finish = (): void => undefined;
  const slow = keeper(() => new Promise((resolve) => (finish = resolve)));
  const task = apiWith([{}, slow]).api.copy(from, to, { checksum });
  const events = eventsOf(task);
  expect((await task.ready()).uri).toContain('copy.raw');
  await expect.poll(() => slow.told.length).toBe(1);
  await expect.poll(() => task.progress.phase).toBe('keep');
  expect(task.state).toBe('running');
  finish();
  expect((await events).at(-1)?.type).toBe('result');
});

it('is left behind when the copy is cancelled meanwhile: the image is there', async () => {
  const stuck = keeper(() => new Promise(() => undefined));
  const task = apiWith([{}, stuck]).api.copy(from, to, { checksum });
  await expect.poll(() => stuck.told.length).toBe(1);
  expect(await task.cancel()).toBe('succeeded');
  expect((await task.wait()).warnings).toEqual(['d2: it did not stop when the copy was cancelled']);
  expect(await readFile(to)).toEqual(content);
});

it('passes on what a driver says of its own copy', async () => {
  const step = async (_: unknown, context: TransferContext): Promise<{ counters: object; warnings: readonly string[] }> => {
    await context.checkpoint(0);
    return { counters: {}, warnings: ['it came the long way round'] };
  };
  const result = await start({ steps: [step] }, { verify: 'none' }).wait();
  expect(result.warnings).toEqual(['it came the long way round']);
});
