import type { KnownEndpoint, PathStat } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import type { Look } from '../look/look.ts';
import { stagingPath, stagingPrefix } from './staging-name.ts';

const stat = { inode: '7', size: 10, modifiedNs: '1', changedNs: '1' } as PathStat;

const plain = { toFormat: undefined, delta: false };

function seen(more: { name?: string; stat?: Partial<PathStat> } = {}): Look {
  const endpoint = (path: string): KnownEndpoint => ({ scheme: 'file', path, params: {}, href: `file://${path}`, facts: { kind: 'file' } });
  return {
    from: { endpoint: endpoint('/in/a.raw'), stat: { ...stat, ...more.stat } },
    to: { endpoint: endpoint(`/out/${more.name ?? 'b.raw'}`) },
  };
}

describe('stagingPath', () => {
  it('is a hidden name beside the destination', () => {
    expect(stagingPath(seen(), plain)).toMatch(/^\/out\/\.b\.raw\.[0-9a-f]{16}\.part$/);
  });

  it('is the same for the same copy', () => {
    expect(stagingPath(seen(), plain)).toBe(stagingPath(seen(), plain));
  });

  it.each([
    ['content', { stat: { modifiedNs: '2' } }],
    ['size', { stat: { size: 11 } }],
    ['inode', { stat: { inode: '8' } }],
    ['change time', { stat: { changedNs: '2' } }],
  ])('differs when the source has another %s', (_, more) => {
    expect(stagingPath(seen(more), plain)).not.toBe(stagingPath(seen(), plain));
  });

  it('differs for another format', () => {
    expect(stagingPath(seen(), { ...plain, toFormat: 'qcow2' })).not.toBe(stagingPath(seen(), plain));
  });

  it('differs for one that begins as a clone of the old image', () => {
    expect(stagingPath(seen(), { ...plain, delta: true })).not.toBe(stagingPath(seen(), plain));
  });

  it('differs for one that is usable before it is complete', () => {
    expect(stagingPath(seen(), { ...plain, readyEarly: true })).not.toBe(stagingPath(seen(), plain));
  });

  it.each(['x'.repeat(255), 'é'.repeat(127), '🙂'.repeat(63)])('fits into a name and does not cut a character in two', (name) => {
    const base = stagingPath(seen({ name }), plain).slice('/out/'.length);
    expect(Buffer.byteLength(base)).toBeLessThanOrEqual(255);
    expect(Buffer.from(base).toString()).toBe(base);
  });

  it('tells long names apart that begin alike', () => {
    const [one, other] = ['1', '2'].map((end) => stagingPrefix(`/out/${'x'.repeat(250)}${end}`));
    expect(one).not.toBe(other);
    expect(stagingPath(seen({ name: `${'x'.repeat(250)}1` }), plain).startsWith(`/out/${one}.`)).toBe(true);
  });
});
