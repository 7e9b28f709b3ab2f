import type { FoundLeftover, ImageInfo, TaskRecord } from 'image-api';
import { describe, expect, it } from 'vitest';
import { gcText } from './run-gc.ts';
import { inspectText } from './run-inspect.ts';
import { servedEndText, steeredText } from './run-steer.ts';
import { tasksText } from './run-tasks.ts';

const mebibyte = 2 ** 20;

const task: TaskRecord = {
  id: '3f2a77c0-0000-4000-8000-000000000000',
  pid: 7,
  state: 'running',
  from: '/a.raw',
  to: 'host:/b.raw',
  driver: 'rsync',
  progress: {
    phase: 'copy',
    bytesLogical: 30 * mebibyte,
    bytesRead: 0,
    bytesSent: 0,
    bytesSkipped: 0,
    total: { bytes: 100 * mebibyte, certainty: 'exact' },
    rate: 5 * mebibyte,
  },
  limits: { bandwidth: 5 * mebibyte },
  startedAt: '2026-01-01T00:00:00.000Z',
};

describe('tasksText', () => {
  it('has one line for each task', () => {
    const failed = { ...task, state: 'failed', endedAt: 'later', error: { code: 'NO_SPACE', message: 'x' } } as const;
    const [head, ...lines] = tasksText([task, failed, { ...task, limits: {}, state: 'paused' }]).split('\n');
    expect(head).toMatch(/^id +state +done +rate +limit +driver +from +to$/);
    expect(lines[0]).toMatch(/^3f2a77c0 +running +30 % +5 MiB\/s +5 MiB\/s +rsync +\/a.raw +host:\/b.raw$/);
    expect(lines[1]).toMatch(/^3f2a77c0 +failed +NO_SPACE +- +5 MiB\/s/);
    expect(lines[2]).toMatch(/^3f2a77c0 +paused +30 % +- +none/);
    expect(tasksText([{ ...task, ready: 'nbd+unix:///disk?socket=/s' }])).toMatch(/running, ready +30 %/);
  });

  it('says where an image is served on, and to how many', () => {
    const image = { id: task.id, from: '/a', to: '/b', uri: 'nbd+unix:///disk?socket=/s', writable: true, attached: 1, complete: true };
    const [, row, where] = tasksText([], [image]).split('\n');
    expect(row).toMatch(/^3f2a77c0 +serving +complete +- +- +qemu-stream +\/a +\/b$/);
    expect(where).toBe('3f2a77c0: 1 client is attached at nbd+unix:///disk?socket=/s');
    expect(tasksText([], [{ ...image, attached: 0, complete: false }])).toMatch(/incomplete[^]*: nobody is attached at/);
  });

  it('says so where there is none', () => {
    expect(tasksText([])).toBe('nothing is being copied, and nothing was in the last hour\n');
  });
});

describe('steeredText', () => {
  it('says what came of it', () => {
    const ok = { ok: true, task } as const;
    expect(steeredText({ ask: 'limit' }, { ...ok, limits: { bandwidth: mebibyte } })).toBe('3f2a77c0 is held to 1 MiB/s');
    expect(steeredText({ ask: 'limit' }, { ...ok, limits: {} })).toBe('3f2a77c0 is held to no limit');
    expect(steeredText({ ask: 'cancel' }, { ...ok, outcome: 'cancelled' })).toBe('3f2a77c0 is cancelled');
    expect(steeredText({ ask: 'cancel' }, { ...ok, outcome: 'succeeded' })).toBe('3f2a77c0 had succeeded already');
    expect(steeredText({ ask: 'resume' }, ok)).toBe('3f2a77c0 is running');
  });
});

describe('servedEndText', () => {
  const image = { id: task.id, from: '/a', to: '/b', uri: 'nbd+unix:///disk?socket=/s', writable: true, attached: 0, complete: true };

  it('says what is left of an image that was let go of', () => {
    expect(servedEndText(image)).toBe('3f2a77c0 is no longer served: /b, it is complete');
    expect(servedEndText({ ...image, complete: false })).toContain('the same copy goes on from it');
  });
});

describe('gcText', () => {
  const found: FoundLeftover = {
    href: 'file:///o/.a.part',
    to: 'file:///o/a',
    size: 9,
    allocated: mebibyte,
    ageMs: 90_000,
    state: 'removed',
  };

  it('names each file, and what it comes to', () => {
    const text = gcText([found, { ...found, state: 'held' }, { ...found, state: 'kept' }], false);
    expect(text).toContain('removed  1 MiB  1m 30s old  file:///o/.a.part for file:///o/a\n');
    expect(text).toContain('1 removed, 1 MiB freed\n1 held: a copy is using it\n1 kept: the same copy goes on');
  });

  it('says so where there is none', () => {
    expect(gcText([], false)).toBe('no interrupted copy has left anything\n');
  });
});

describe('inspectText', () => {
  const info: ImageInfo = {
    href: 'file:///a',
    format: 'qcow2',
    virtualSize: mebibyte,
    size: 9,
    allocated: 8,
    verdict: 'safe',
    findings: [],
  };

  it('has no more lines than there are facts', () => {
    expect(inspectText(info)).toMatch(
      /^image +file:\/\/\/a\nformat +qcow2\nvirtual +1 MiB \(1048576 bytes\)\nfile +9 B\nallocated +8 B\nverdict +safe\n$/,
    );
  });

  it('prints every finding, and what in it could do harm as escapes', () => {
    const findings = [
      { rule: 'qcow2-backing-file', severity: 'refuse', door: 'allow-backing', message: 'it needs \u001b[2J' },
      { rule: 'qcow2-data-file', severity: 'refuse', message: 'it needs b' },
      { rule: 'qcow2-luks', severity: 'note', message: 'locked' },
    ] as const;
    const text = inspectText({ ...info, verdict: 'unsafe', backing: { name: 'a' }, findings });
    expect(text).toContain('needs      a (its format is not written down)\n');
    expect(text).toContain('refused without --allow-backing: qcow2-backing-file: it needs \\x1b[2J\n');
    expect(text).toContain('refused: qcow2-data-file: it needs b\nnote: qcow2-luks: locked\n');
  });
});
