import type { Endpoint, Facts, Host, TransferRequest } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { streamFrom } from './stream-from.ts';

const file = (path: string, facts: Facts): TransferRequest['from'] => ({ scheme: 'file', path, params: {}, href: `file://${path}`, facts });
const elsewhere = (more: Partial<Endpoint> & { scheme: string }, format: Facts['format'] = 'raw'): TransferRequest['from'] => ({
  path: '/disk',
  params: {},
  href: `${more.scheme}://there/disk`,
  ...more,
  facts: { kind: 'opaque', ...(format && { format }) },
});
const base: TransferRequest = {
  id: 'task-1',
  from: file('/a.raw', { kind: 'file', size: 1, format: 'raw' }),
  to: file('/b.part', { kind: 'file', size: 0 }),
  name: { scheme: 'file', path: '/b', params: {}, href: 'file:///b' },
  toFormat: 'qcow2',
  overwrite: 'never',
  limits: {},
  priority: 'normal',
  driverOptions: {},
};
const found = (more: Partial<TransferRequest>, host?: Host): ReturnType<typeof streamFrom> => streamFrom({ ...base, ...more }, host);

describe('streamFrom', () => {
  it('opens files and devices as what they are said to be', () => {
    expect(found({})).toEqual({ source: { kind: 'file', path: '/a.raw', format: 'raw' } });
    expect(found({ from: file('/dev/vdb', { kind: 'block', size: 1, format: 'raw' }) })).toEqual({
      source: { kind: 'host_device', path: '/dev/vdb', format: 'raw' },
    });
  });

  it('reaches NBD servers at a socket and at a port, on its own one if none is said', () => {
    const at = { scheme: 'nbd+unix', params: { socket: '/run/x' } };
    expect(found({ from: elsewhere(at) })).toEqual({ source: { kind: 'nbd', at: { path: '/run/x' }, exportName: 'disk', format: 'raw' } });
    expect(found({ from: elsewhere({ scheme: 'nbd', authority: { host: 'there' } }) })).toEqual({
      source: { kind: 'nbd', at: { host: 'there', port: 10_809 }, exportName: 'disk', format: 'raw' },
    });
  });

  it('leaves a qcow2 image a qcow2 image without being told', () => {
    const { toFormat: _, ...plain } = base;
    const from = file('/a.qcow2', { kind: 'file', size: 1, format: 'qcow2' });
    expect(streamFrom({ ...plain, from }, undefined)).toEqual({ source: { kind: 'file', path: '/a.qcow2', format: 'qcow2' } });
  });

  it.each([
    ['where it cannot serve from', { to: elsewhere({ scheme: 'ssh' }) }, /file on this machine/],
    ['to write on a device', { to: file('/dev/vdb', { kind: 'block' }) }, /file on this machine/],
    ['to send only what differs', { held: 'delta' }, /what differs/],
    ['to guess a format', { from: { ...elsewhere({ scheme: 'https' }), facts: { kind: 'opaque' } } }, /--format/],
    ['to make anything but qcow2', { toFormat: 'vmdk' }, /--to-format qcow2/],
    ['formats of an NBD server', { from: elsewhere({ scheme: 'nbd', authority: { host: 'there' } }, 'qcow2') }, /byte for byte/],
    ['formats of a web server that hide what they need', { from: elsewhere({ scheme: 'https' }, 'vmdk') }, /raw and qcow2/],
    ['what is neither', { from: elsewhere({ scheme: 'p2p' }) }, /p2p/],
  ] as [string, Partial<TransferRequest>, RegExp][])('refuses %s, and says what to do', (_, more, words) => {
    const answer = found(more);
    expect('refusal' in answer && answer.refusal).toMatch(words);
  });
});
