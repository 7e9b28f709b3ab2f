import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoteForShell } from './quote-for-shell.ts';

it('leaves harmless words bare', () => {
  expect(quoteForShell(['rsync', '--sparse', '--', '/a/b.qcow2', 'user@host:/c'])).toBe('rsync --sparse -- /a/b.qcow2 user@host:/c');
});

it('quotes what a shell would read, and puts backslashes outside of the quotes', () => {
  expect(quoteForShell(['', 'a b', '$(x)', '[1]', '~', "it's", 'a\\b'])).toBe("'' 'a b' '$(x)' '[1]' '~' 'it'\\''s' 'a'\\\\'b'");
});

it('is undone by a real shell, whatever the words are', () => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !/[\0\p{Cs}]/u.test(text));
  fc.assert(
    fc.property(fc.array(word, { minLength: 20, maxLength: 100 }), (words) => {
      const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${quoteForShell(words)}`], { encoding: 'utf8' });
      expect(printed.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 5 },
  );
});
