import { expect, it } from 'vitest';
import { escapeControl } from './escape-control.ts';

it('makes C0, DEL and C1 characters visible', () => {
  expect(escapeControl('a\n\u001B[2J\u007F\u009Bb')).toBe('a\\x0a\\x1b[2J\\x7f\\x9bb');
});

it('leaves every other character alone', () => {
  expect(escapeControl('näme [1] 日本 $(x) \\')).toBe('näme [1] 日本 $(x) \\');
});
