import { describe, expect, it } from 'vitest';
import type { KnownEndpoint } from '@image-api/driver';
import { contentOf } from './content-of.ts';

const hex = 'ab'.repeat(32);
const from = (scheme: string, path: string): KnownEndpoint => ({
  scheme,
  path,
  params: {},
  href: `${scheme}:${path}`,
  facts: { kind: 'opaque' },
});

describe('contentOf', () => {
  it('knows the content of a p2p: address, and of anything with a digest', () => {
    expect(contentOf({ from: from('p2p', `sha256-${hex}`) })).toBe(hex);
    expect(contentOf({ from: from('p2p', `sha256-${hex}`), digest: `sha256:${hex}` })).toBe(hex);
    expect(contentOf({ from: from('https', '/a.raw'), digest: `sha256:${hex}` })).toBe(hex);
    expect(contentOf({ from: from('https', '/a.raw') })).toBeUndefined();
  });

  it.each([
    ['sha256-ab', undefined],
    [hex, undefined],
    [`sha256-${hex.toUpperCase()}`, undefined],
    [`sha256-${hex}/../x`, undefined],
    [`sha256-${hex}`, `sha256:${'0'.repeat(64)}`],
  ] as const)('refuses p2p:%s with the digest %s', (path, digest) => {
    const asked = { from: from('p2p', path), ...(digest && { digest }) };
    expect(() => contentOf(asked)).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT', origin: 'caller' }) as Error);
  });
});
