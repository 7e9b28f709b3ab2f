import { describe, expect, it } from 'vitest';
import { escapeControls, escapeLines } from './escape-controls.ts';

describe('escapeControls', () => {
  it('leaves ordinary names alone, in any alphabet', () => {
    const name = 'Größe 50% [1] $(x) \\ 映像 💾.qcow2';
    expect(escapeControls(name)).toBe(name);
  });

  it.each([
    ['a\nb', 'a\\nb'],
    ['a\tb\r', 'a\\tb\\r'],
    ['\u001b[2Jgone', '\\x1b[2Jgone'],
    ['\u0000\u007f\u009b31m', '\\x00\\x7f\\x9b31m'],
    ['cod\u202egpj', 'cod\\u202egpj'],
    ['a\u2028b', 'a\\u2028b'],
    ['\ud83d', '\\ud83d'],
  ])('shows %j as %s', (text, shown) => {
    expect(escapeControls(text)).toBe(shown);
  });
});

describe('escapeLines', () => {
  it('indents every line but the first, so that no line looks like one of ours', () => {
    expect(escapeLines('bad\nimagectl: all is well\u0007\n')).toBe('bad\n  imagectl: all is well\\x07');
  });
});
