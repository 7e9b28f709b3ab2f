import { expect, it } from 'vitest';
import { table } from './table.ts';

it('lines up its columns, wide characters too, and ends no line in spaces', () => {
  const drawn = table([
    ['driver', 'reason'],
    ['映像', 'wide'],
    ['cp', ''],
  ]);
  expect(drawn).toBe('driver  reason\n映像    wide\ncp\n');
});

it('escapes what is in its cells', () => {
  expect(table([['a\nb', '\u001b[31m']], '  ')).toBe('  a\\nb  \\x1b[31m\n');
});
