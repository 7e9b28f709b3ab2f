import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { convertWay, isInPlace } from './convert-way.ts';

const file = (path: string, facts: KnownEndpoint['facts']): KnownEndpoint => ({
  scheme: 'file',
  path,
  params: {},
  href: `file://${path}`,
  facts,
});
const disk: KnownEndpoint = {
  scheme: 'nbd',
  authority: { host: 'store' },
  path: '/disk',
  params: {},
  href: 'nbd://store/disk',
  facts: { kind: 'opaque', format: 'raw' },
};

function request(more: Partial<TransferRequest> = {}): TransferRequest {
  const to = file('/to/.part', { kind: 'file', size: 0 });
  const from = file('/from.qcow2', { kind: 'file', size: 1000, format: 'qcow2' });
  return { id: 'task-1', from, to, name: to, overwrite: 'never', limits: {}, priority: 'normal', driverOptions: {}, ...more };
}

const way = (more: Partial<TransferRequest>, compress = false): ReturnType<typeof convertWay> => convertWay(request(more), { compress });

describe('convertWay', () => {
  it('opens an image as what it is where it is converted, and as bytes where it is not', () => {
    expect(way({ toFormat: 'vmdk' })).toMatchObject({ fromFormat: 'qcow2', toFormat: 'vmdk', compress: false });
    expect(way({})).toMatchObject({ fromFormat: 'raw', toFormat: 'raw', exactSize: 1000 });
    expect(way({ toFormat: 'vmdk' })).not.toHaveProperty('exactSize');
  });

  it('finds an NBD server at its port, or the usual one', () => {
    expect(way({ from: disk })).toMatchObject({ from: { kind: 'nbd', address: { host: 'store', port: 10_809 }, exportName: 'disk' } });
    const socket: KnownEndpoint = { ...disk, scheme: 'nbd+unix', path: '/', params: { socket: '/run/x' } };
    expect(way({ from: socket })).toMatchObject({ from: { address: { path: '/run/x' }, exportName: '' } });
  });

  it('writes in place what cannot be renamed', () => {
    const place = (to: KnownEndpoint): boolean => {
      const found = way({ to, toFormat: 'raw' });
      return !('refusal' in found) && isInPlace(found);
    };
    expect([disk, file('/dev/x', { kind: 'block', size: 4096 }), file('/x', { kind: 'file' })].map(place)).toEqual([true, true, false]);
  });

  it.each<[string, Partial<TransferRequest>, boolean, RegExp]>([
    ['formats that only files hold, in place', { to: disk, toFormat: 'qcow2' }, false, /--to-format raw/],
    ['a part of a sector, in place', { to: disk }, false, /whole sectors/],
    ['what it cannot compress', { toFormat: 'vdi' }, true, /vdi cannot be compressed/],
    ['to compress what it does not convert', {}, true, /only where it converts/],
    ['a format that nobody has told', { from: { ...disk, facts: { kind: 'opaque' } }, toFormat: 'qcow2' }, false, /say it/],
    ['formats it cannot make', { toFormat: 'qed' }, false, /cannot make qed/],
    ['other ways', { from: { ...disk, scheme: 'rsync' } }, false, /from rsync/],
    ['what only a stream can', { needs: ['resume'] }, false, /interrupted/],
    ['to send only what differs', { held: 'delta' }, false, /what differs/],
  ])('refuses %s', (_, more, compress, words) => {
    expect(way(more, compress)).toMatchObject({ refusal: expect.stringMatching(words) as string });
  });
});
