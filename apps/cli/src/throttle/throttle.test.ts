import { throttleNames } from '@image-api/qmp';
import { describe, expect, it } from 'vitest';
import { readThrottleFlags } from './read-throttle-flags.ts';
import { flagKey, throttleFlags } from './throttle-flags.ts';
import { throttleText } from './throttle-text.ts';

it('has a flag for every limit there is', () => {
  expect(throttleFlags.map(({ name }) => name)).toEqual(throttleNames);
  expect(flagKey('bps-total-max-length')).toBe('bpsTotalMaxLength');
});

describe('readThrottleFlags', () => {
  it('reads rates, counts, seconds and sizes, and none of each', () => {
    const typed = {
      bpsRead: '20MiB/s',
      bpsReadMax: '0.4Gbit/s',
      bpsReadMaxLength: '2m',
      iopsTotal: '150',
      iopsSize: '4KiB',
      group: 'disks',
    };
    expect(readThrottleFlags(typed)).toEqual({
      limits: { 'bps-read': 20971520, 'bps-read-max': 50000000, 'bps-read-max-length': 120, 'iops-total': 150, 'iops-size': 4096 },
      group: 'disks',
    });
    const none = { bpsTotal: 'none', iopsWrite: ' None', iopsWriteMaxLength: 'none', iopsSize: 'none' };
    expect(readThrottleFlags(none).limits).toEqual({ 'bps-total': 0, 'iops-write': 0, 'iops-write-max-length': 0, 'iops-size': 0 });
    expect(readThrottleFlags({ json: true })).toEqual({ limits: {} });
  });

  it.each([
    [{ bpsTotal: '20' }, 'BAD_LIMIT'],
    [{ iopsTotal: '20/s' }, 'BAD_OPTION'],
    [{ iopsTotal: '1e3' }, 'BAD_OPTION'],
    [{ iopsTotal: '-1' }, 'BAD_OPTION'],
    [{ bpsTotalMaxLength: '5' }, 'BAD_OPTION'],
    [{ bpsTotalMaxLength: '1500ms' }, 'BAD_OPTION'],
    [{ iopsSize: '4096' }, 'BAD_OPTION'],
    [{ group: '' }, 'BAD_OPTION'],
  ])('refuses %j', (typed, code) => {
    expect(() => readThrottleFlags(typed)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('throttleText', () => {
  it('has a line for each limit in force, and says who shares them', () => {
    const limits = {
      'bps-total': 20971520,
      'bps-total-max': 50000000,
      'bps-total-max-length': 5,
      'iops-read': 7,
      'iops-size': 4096,
    } as const;
    expect(throttleText({ kind: 'drive', name: 'virtio0', group: 'disks', sharedWith: ['virtio1'], limits })).toBe(
      `disk                  virtio0
group                 disks
shared with           virtio1
bps-total             20 MiB/s
bps-total-max         50 MB/s
bps-total-max-length  5 s
iops-read             7 requests/s
iops-size             4 KiB (4096 bytes)
`,
    );
  });

  it('says so when there is none', () => {
    expect(throttleText({ kind: 'node', name: 'slow', group: 'slow', sharedWith: [], limits: {} })).toBe(
      'throttle node  slow\nlimits         none\n',
    );
  });
});
