import { ImageError } from '@image-api/driver';
import type { Progress, TaskEvent } from 'image-api';
import { expect, it } from 'vitest';
import { createJsonListener } from './json-listener.ts';

const counted = (bytesLogical: number): Progress => ({
  phase: 'copy',
  bytesLogical,
  bytesRead: 0,
  bytesSent: 0,
  bytesSkipped: 0,
  rate: 0,
});
const progress = (bytesLogical: number): TaskEvent => ({ type: 'progress', progress: counted(bytesLogical) });
const line = (bytesLogical: number): unknown => ({ type: 'progress', ...counted(bytesLogical) });

function listen(events: readonly { readonly atMs: number; readonly event: TaskEvent }[]): readonly unknown[] {
  const lines: string[] = [];
  let clock = 0;
  const listener = createJsonListener(
    (line) => lines.push(line),
    () => clock,
  );
  for (const { atMs, event } of events) {
    clock = atMs;
    listener.take(event);
  }
  listener.end();
  return lines.map((line) => JSON.parse(line) as unknown);
}

it('writes an event with its fields beside its type', () => {
  const event: TaskEvent = { type: 'attempt', driver: 'cp', number: 1 };
  expect(listen([{ atMs: 0, event }])).toEqual([event]);
});

it('tells of progress four times a second at the most, and of the last one always', () => {
  const events = Array.from({ length: 101 }, (_, index) => ({ atMs: index * 10, event: progress(index) }));
  const told = listen(events).map((event) => (event as Progress).bytesLogical);
  expect(told).toEqual([0, 25, 50, 75, 100]);
  expect(listen(events.slice(0, 3)).at(-1)).toEqual(line(2));
});

it('tells the newest progress before whatever comes next', () => {
  const done: TaskEvent = { type: 'state', state: 'succeeded' };
  const told = listen([
    { atMs: 0, event: progress(1) },
    { atMs: 1, event: progress(2) },
    { atMs: 2, event: done },
  ]);
  expect(told).toEqual([line(1), line(2), done]);
});

it('leaves errors to the one place that reports them', () => {
  const error = new ImageError('x', { code: 'INTERNAL', origin: 'core' });
  expect(listen([{ atMs: 0, event: { type: 'error', error } }])).toEqual([]);
});
