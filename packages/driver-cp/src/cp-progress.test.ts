import { describe, expect, it } from 'vitest';
import { cloneCounters, deviceProgress, fileCounters, fileProgress, notBelow, parseDeviceStatistics, withoutReads } from './cp-progress.ts';

const mib = 2 ** 20;

describe('fileProgress', () => {
  it('takes the length as the position and what is allocated as what was read', () => {
    const from = { kind: 'file', size: 100 * mib, allocated: 40 * mib } as const;
    expect(fileProgress(from, { size: 60 * mib, allocated: 10 * mib })).toEqual({ bytesLogical: 60 * mib, bytesRead: 10 * mib });
  });

  it('does not believe a filesystem that allocates ahead', () => {
    const from = { kind: 'file', size: 100 * mib, allocated: 40 * mib } as const;
    expect(fileProgress(from, { size: 60 * mib, allocated: 64 * mib })).toEqual({ bytesLogical: 60 * mib, bytesRead: 40 * mib });
    expect(fileProgress(from, { size: 20 * mib, allocated: 64 * mib })).toEqual({ bytesLogical: 20 * mib, bytesRead: 20 * mib });
  });

  it('counts all of a device as read, zeros too', () => {
    expect(fileProgress({ kind: 'block', size: 100 * mib }, { size: 60 * mib, allocated: 0 })).toEqual({
      bytesLogical: 60 * mib,
      bytesRead: 60 * mib,
    });
  });
});

describe('the last counters', () => {
  it('leave out what nobody saw', () => {
    expect(withoutReads({ bytesLogical: mib, bytesRead: mib, bytesSent: 0, bytesSkipped: 0 })).toEqual({ bytesLogical: mib, bytesSent: 0 });
  });

  it('count holes as skipped', () => {
    const from = { kind: 'file', size: 100 * mib, allocated: 40 * mib } as const;
    expect(fileCounters(from, { size: 100 * mib, allocated: 40 * mib })).toEqual({
      bytesLogical: 100 * mib,
      bytesRead: 40 * mib,
      bytesSent: 0,
      bytesSkipped: 60 * mib,
    });
  });

  it('never skip less than nothing where the filesystem rounds up', () => {
    expect(fileCounters({ kind: 'file', size: 1, allocated: 4096 }, { size: 1, allocated: 4096 })).toMatchObject({
      bytesRead: 1,
      bytesSkipped: 0,
    });
  });

  it('of a clone skip everything', () => {
    expect(cloneCounters(mib)).toEqual({ bytesLogical: mib, bytesRead: 0, bytesSent: 0, bytesSkipped: mib });
  });
});

describe('deviceProgress', () => {
  it('does not count the wiped beginning', () => {
    expect(deviceProgress(10 * mib, mib)).toEqual({ bytesLogical: 0, bytesRead: 0 });
    expect(deviceProgress(10 * mib, 4 * mib)).toEqual({ bytesLogical: 3 * mib, bytesRead: 3 * mib });
  });

  it('never passes the size, though the kernel counts more', () => {
    expect(deviceProgress(10 * mib, 12 * mib)).toMatchObject({ bytesLogical: 10 * mib });
  });
});

describe('notBelow', () => {
  it('keeps what was more, field by field', () => {
    expect(notBelow({ bytesLogical: 5, bytesRead: 5 }, { bytesLogical: 7, bytesRead: 3, bytesSkipped: 1 })).toEqual({
      bytesLogical: 7,
      bytesRead: 5,
      bytesSkipped: 1,
    });
  });

  it('makes up no field that nobody knows', () => {
    expect(notBelow({}, { bytesLogical: 1 })).toEqual({ bytesLogical: 1 });
  });
});

describe('parseDeviceStatistics', () => {
  it('finds sectors read and written in the line of the kernel', () => {
    const line =
      '     120        3     8192       11    27543  2080768   129024   178677        0    10648   181315        0        0        0        0        9     2638\n';
    expect(parseDeviceStatistics(line)).toEqual({ read: 8192 * 512, written: 129024 * 512 });
  });
});
