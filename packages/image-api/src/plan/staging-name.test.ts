import type { KnownEndpoint, PathStat } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import type { Look } from '../look/look.ts';
import { stagingPath } from './staging-name.ts';

const stat = { inode: '7', size: 10, modifiedNs: '1', changedNs: '1' } as PathStat;

function seen(more: { name?: string; stat?: Partial<PathStat> } = {}): Look {
  const endpoint = (path: string): KnownEndpoint => ({ scheme: 'file', path, params: {}, href: `file://${path}`, facts: { kind: 'file' } });
  return {
    from: { endpoint: endpoint('/in/a.raw'), stat: { ...stat, ...more.stat } },
    to: { endpoint: endpoint(`/out/${more.name ?? 'b.raw'}`) },
  };
}

describe('stagingPath', () => {
  it('is a hidden name beside the destination', () => {
    expect(stagingPath(seen(), undefined)).toMatch(/^\/out\/\.b\.raw\.[0-9a-f]{16}\.part$/);
  });

  it('is the same for the same copy', () => {
    expect(stagingPath(seen(), undefined)).toBe(stagingPath(seen(), undefined));
  });

  it.each([
    ['content', { stat: { modifiedNs: '2' } }],
    ['size', { stat: { size: 11 } }],
    ['inode', { stat: { inode: '8' } }],
    ['change time', { stat: { changedNs: '2' } }],
  ])('differs when the source has another %s', (_, more) => {
    expect(stagingPath(seen(more), undefined)).not.toBe(stagingPath(seen(), undefined));
  });

  it('differs for another format', () => {
    expect(stagingPath(seen(), 'qcow2')).not.toBe(stagingPath(seen(), undefined));
  });

  it.each(['x'.repeat(255), 'é'.repeat(127), '🙂'.repeat(63)])('fits into a name and does not cut a character in two', (name) => {
    const base = stagingPath(seen({ name }), undefined).slice('/out/'.length);
    expect(Buffer.byteLength(base)).toBeLessThanOrEqual(255);
    expect(Buffer.from(base).toString()).toBe(base);
  });
});
