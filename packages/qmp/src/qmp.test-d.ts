import { expectTypeOf, test } from 'vitest';
import { startJob } from './index.ts';
import type { Job, Qmp, QmpInteger } from './index.ts';

declare const qmp: Qmp;

test('commands take their own arguments, and answer in their own way', () => {
  expectTypeOf(qmp.execute('query-jobs')).resolves.items.toHaveProperty('status');
  expectTypeOf(qmp.execute('blockdev-del', { 'node-name': 'a' }, { timeoutMs: 1 })).resolves.toEqualTypeOf<
    Readonly<Record<string, never>>
  >();
  // @ts-expect-error what a command needs cannot be left out
  void qmp.execute('blockdev-del');
  // @ts-expect-error nor be misspelt
  void qmp.execute('blockdev-del', { node_name: 'a' });
  // @ts-expect-error a command without types is sent by another way
  void qmp.execute('no-such-command');
});

test('events are told apart by their names', () => {
  qmp.onEvent((event) => {
    if (event.name === 'BLOCK_JOB_COMPLETED') expectTypeOf(event.data.error).toEqualTypeOf<string | undefined>();
    if (event.name === 'BLOCK_JOB_READY') expectTypeOf(event.data.offset).toEqualTypeOf<QmpInteger>();
  });
});

test('a job is started by its own command, without what is the part of this package', () => {
  expectTypeOf(startJob(qmp, 'block-stream', { device: 'a' })).resolves.toEqualTypeOf<Job>();
  // @ts-expect-error a mirror needs to know where to
  void startJob(qmp, 'blockdev-mirror', { device: 'a', sync: 'full' });
  // @ts-expect-error dismissing is done here
  void startJob(qmp, 'block-stream', { device: 'a', 'auto-dismiss': true });
});
