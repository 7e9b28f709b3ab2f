import { expect, it } from 'vitest';
import { readExtents } from './data-extents.ts';

it('reads extents', () => {
  expect(readExtents('0 4096\n1048576 1052672\n', 2_000_000, 0)).toEqual([
    { from: 0, to: 4096 },
    { from: 1_048_576, to: 1_052_672 },
  ]);
  expect(readExtents('', 20_000, 0)).toEqual([]);
});

it('lets none reach beyond the end', () => {
  expect(readExtents('0 4096\n1048576 1052672\n2097152 2101248\n', 1_050_000, 0)).toEqual([
    { from: 0, to: 4096 },
    { from: 1_048_576, to: 1_050_000 },
  ]);
});

it('takes those together that have hardly a hole between them', () => {
  expect(readExtents('0 4096\n8192 12288\n135168 139264\n270336 274432\n', 2_000_000, 131_072)).toEqual([
    { from: 0, to: 139_264 },
    { from: 270_336, to: 274_432 },
  ]);
});

it('never goes back, though the file changed while it was asked', () => {
  expect(readExtents('1048576 2097152\n4096 1572864\n1048576 1052672\n1052672 3145728\n3145728 3145728\n', 9_000_000, 0)).toEqual([
    { from: 1_048_576, to: 3_145_728 },
  ]);
});
