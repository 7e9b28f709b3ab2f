import { expect, it } from 'vitest';
import { stagingNames } from './staging-names.ts';

const sum = '0123456789abcdef';

it('takes a prefix literally', () => {
  const names = [`.a.${sum}.part`, `.a.b.${sum}.part`, `.ab.${sum}.part`, `.*.${sum}.part`];
  expect(stagingNames(names, { prefix: '.a' })).toEqual([`.a.${sum}.part`]);
  expect(stagingNames(names, { prefix: '.*' })).toEqual([`.*.${sum}.part`]);
});

it('takes every name with a base when there is no prefix', () => {
  expect(stagingNames([`.a.${sum}.part`, `.${sum}.part`, `a.${sum}.part`, `..${sum}.part`], { prefix: '' })).toEqual([`.a.${sum}.part`]);
});

it('leaves out the one it was told to, and any with a line break', () => {
  expect(stagingNames([`.a.${sum}.part`, `.\n.${sum}.part`, `.b.${sum}.part`], { prefix: '', except: `.a.${sum}.part` })).toEqual([
    `.b.${sum}.part`,
  ]);
});
