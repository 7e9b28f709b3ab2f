import type { BlockLayer } from '@image-api/qmp';
import { describe, expect, it } from 'vitest';
import { pullWay } from './pull-way.ts';

/** `/a` is the last; `/d` is written to. */
const chain: readonly BlockLayer[] = ['d', 'c', 'b', 'a'].map((node) => ({
  node,
  driver: 'qcow2',
  filename: `/${node}`,
  readOnly: node !== 'd',
  size: 1024,
  uses: {},
  filter: false,
}));

describe('pullWay', () => {
  it('pulls everything', () => {
    expect(pullWay(chain, { from: '/a' })).toEqual({ into: 'd', pulled: ['/c', '/b', '/a'], size: 1024 });
  });

  it('pulls down to an image that stays, and into one in the middle', () => {
    expect(pullWay(chain, { from: '/b', base: '/a' })).toMatchObject({ into: 'd', base: { node: 'a', path: '/a' }, pulled: ['/c', '/b'] });
    expect(pullWay(chain, { from: '/a', into: '/c' })).toMatchObject({ into: 'c', pulled: ['/b', '/a'] });
    expect(pullWay(chain, { from: '/b', into: '/c', base: '/a' })).toMatchObject({ into: 'c', base: { node: 'a' }, pulled: ['/b'] });
  });

  it.each([
    ['another last image', { from: '/b' }, 'the last image is /a, not /b'],
    ['another image above the base', { from: '/a', base: '/a' }, 'the image above /a is /b, not /a'],
    ['a base that is not there', { from: '/a', base: '/x' }, '/x is no part of the disk'],
    ['an image to pull into that is not there', { from: '/a', into: '/x' }, '/x is no part of the disk'],
    ['nothing', { from: '/c', base: '/c' }, 'there is nothing to pull between /d and /c'],
    ['a base above', { from: '/a', into: '/b', base: '/c' }, 'there is nothing to pull'],
    ['from an image that stands alone', { from: '/a', into: '/a' }, 'there is nothing to pull below /a'],
  ])('refuses %s, and tells the chain', (_, wish, words) => {
    const found = pullWay(chain, wish);
    expect(found).toMatchObject({ refusal: expect.stringContaining(words) as string });
    expect(found).toMatchObject({ refusal: expect.stringContaining('/d on /c on /b on /a') as string });
  });
});
