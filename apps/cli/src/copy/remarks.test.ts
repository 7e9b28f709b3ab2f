import type { TaskEvent, TaskResult } from 'image-api';
import { expect, it } from 'vitest';
import { remarkOn } from './remarks.ts';

const result: TaskResult = {
  id: '1',
  from: 'file:///a.raw',
  to: 'ssh://b/a.raw',
  driver: 'rsync',
  attempts: [],
  counters: { bytesLogical: 0, bytesRead: 0, bytesSent: 0, bytesSkipped: 0 },
  seconds: 5,
  verified: { by: 'size' },
  size: 100 * 2 ** 20,
};

const remark = (event: TaskEvent): string | undefined => remarkOn(event);

it('sums a copy up in one line', () => {
  expect(remark({ type: 'result', result })).toBe(
    'imagectl: copied file:///a.raw to ssh://b/a.raw by rsync: 100 MiB in 5s (20 MiB/s), verified by size\n',
  );
});

it('always says what was verified, and what was not', () => {
  expect(remark({ type: 'result', result: { ...result, verified: { by: 'sha256', digest: 'sha256:9f86' } } })).toContain(
    'verified by sha256:9f86',
  );
  expect(remark({ type: 'result', result: { ...result, verified: { by: 'unverified', reason: 'asked for none' } } })).toContain(
    'not verified: asked for none',
  );
});

it('says first what did not go as planned', () => {
  const warnings = ['p2p-precache: not kept', 'a second\nline'];
  expect(remark({ type: 'result', result: { ...result, warnings } })).toMatch(
    /^imagectl: warning: p2p-precache: not kept\nimagectl: warning: a second[^\n]+line\nimagectl: copied /,
  );
});

it('says how much was read by whoever used the image while it came', () => {
  const counters = { ...result.counters, bytesOnDemand: 3 * 2 ** 20 };
  expect(remark({ type: 'result', result: { ...result, counters } })).toContain(
    '(20 MiB/s), 3 MiB of it read ahead of the background, ver',
  );
  expect(remark({ type: 'result', result: { ...result, counters: { ...counters, bytesOnDemand: 0 } } })).toContain('(20 MiB/s), verified');
});

it('says that an incomplete image is not there', () => {
  const text = remark({ type: 'result', result: { ...result, incomplete: 'file:///.a.raw.0.part' } });
  expect(text).toContain('ssh://b/a.raw was let go of before it was complete and is not published');
  expect(text).toContain('kept in file:///.a.raw.0.part');
});

it('does not divide by a time or a size of nothing', () => {
  expect(remark({ type: 'result', result: { ...result, seconds: 0, size: 0 } })).toContain('0 B in 0ms, verified');
});

it('is silent about the first try, and tells of every other', () => {
  expect(remark({ type: 'attempt', driver: 'rsync', number: 1 })).toBeUndefined();
  expect(remark({ type: 'attempt', driver: 'rsync', number: 1, held: 'delta' })).toBe(
    'imagectl: rsync begins, sending what differs from the old content\n',
  );
  const after = { code: 'UNREACHABLE', message: 'the connection to backup was lost' };
  expect(remark({ type: 'attempt', driver: 'rsync', number: 2, retryInSeconds: 1, after })).toBe(
    'imagectl: the connection to backup was lost; try 2 follows in 1s\n',
  );
  expect(remark({ type: 'attempt', driver: 'rsync', number: 2, held: 'resume', kept: 35 * 2 ** 20 })).toBe(
    'imagectl: try 2: rsync begins, going on from the 35 MiB that are there\n',
  );
});

it('leaves progress, states and errors to others', () => {
  expect(remark({ type: 'state', state: 'running' })).toBeUndefined();
});
