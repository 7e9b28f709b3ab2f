import { describe, expect, it } from 'vitest';
import { formatContentAddress, parseContentAddress } from './content-address.ts';

const hex = 'ab'.repeat(32);
const parsed = (params: Readonly<Record<string, string>>, path = `sha256-${hex}`): ReturnType<typeof parseContentAddress> =>
  parseContentAddress({ path, params, href: `p2p:${path}` });

describe('parseContentAddress', () => {
  it('knows the content, the manifest, the peers and the origin', () => {
    const params = { manifest: '/srv/a.json', peer: '10.0.0.1:6881,b:2', origin: 'https://images.example.org/a.raw' };
    expect(parsed(params)).toEqual({
      sha256: hex,
      manifest: '/srv/a.json',
      peers: [
        { host: '10.0.0.1', port: 6881 },
        { host: 'b', port: 2 },
      ],
      origin: 'https://images.example.org/a.raw',
    });
    expect(parsed({})).toEqual({ sha256: hex, peers: [] });
  });

  it.each([
    { tracker: 'http://tracker.example.org/announce' },
    { xt: 'urn:btih:0' },
    { Manifest: '/a' },
    { manifest: 'relative.json' },
    { manifest: '/srv/../etc/shadow' },
    { manifest: 'file:///a' },
    { manifest: 'ftp://example.org/a' },
    { manifest: 'https://user:secret@example.org/a' },
    { manifest: 'https://' },
    { manifest: '/a\nb' },
    { manifest: `/${'a'.repeat(5000)}` },
    { manifest: '' },
    { origin: 'images/a.raw' },
    { origin: 'ssh://host/a.raw' },
    { peer: 'host' },
    { peer: '' },
  ])('refuses %o', (params) => {
    expect(() => parsed(params as Readonly<Record<string, string>>)).toThrow(
      expect.objectContaining({ code: 'BAD_ENDPOINT', origin: 'caller' }) as Error,
    );
  });

  it.each(['sha256-ab', hex, `sha256-${hex.toUpperCase()}`, `sha256-${hex}/../x`, `sha1-${'a'.repeat(40)}`])(
    'refuses the name %s',
    (path) => {
      expect(() => parsed({}, path)).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT' }) as Error);
    },
  );
});

describe('formatContentAddress', () => {
  it('prints what is read as the same again', () => {
    const address = { sha256: hex, manifest: '/srv/a b&c=d#e?.json', peers: [{ host: '::1', port: 6881 }], origin: 'https://e.org/a?b=c' };
    const href = formatContentAddress(address);
    expect(href).toBe(`p2p:sha256-${hex}?manifest=/srv/a%20b%26c%3Dd%23e%3F.json&peer=%5B::1%5D:6881&origin=https://e.org/a%3Fb%3Dc`);
    const params = Object.fromEntries(new URLSearchParams(href.split('?').slice(1).join('?')));
    expect(parsed(params)).toEqual(address);
  });

  it('prints nothing that is not known', () => {
    expect(formatContentAddress({ sha256: hex, peers: [] })).toBe(`p2p:sha256-${hex}`);
  });
});
