import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { quoteCommand } from './quote-command.ts';

const words = [
  'plain-word_1@host:/a.raw',
  '',
  'two words',
  "it's",
  '$(id) `id` $HOME',
  '*?[1]{a,b}~!#&;|<>',
  'back\\slash\\',
  'Größe 映像 💾',
  "line\nbreak and 'quote' and \\",
  '\u001b[2J\u007f',
  '\u0085\u202e',
  '=start',
  '--rate=1',
  '-S',
  '~/x',
];

it('is read back by bash as the very same words', () => {
  const printed = execFileSync('bash', ['-c', `printf '%s\\0' ${quoteCommand(words)}`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  expect(printed.split('\0').slice(0, -1)).toEqual(words);
});

it('prints nothing that could steer a terminal', () => {
  expect(quoteCommand(words)).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
});

it('leaves words alone that need no quotes', () => {
  expect(quoteCommand(['rsync', '-S', '--bwlimit=20480', '--', '/a/b.raw', 'host:/c'])).toBe(
    'rsync -S --bwlimit=20480 -- /a/b.raw host:/c',
  );
});
