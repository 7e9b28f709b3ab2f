import { describe, expect, it } from 'vitest';
import { createLineReader, parseWord } from './ssh-progress.ts';

describe('what the end where the image arrives says', () => {
  it('is how far it is, or that all has come', () => {
    expect(parseWord('mark-1 4194304 1048576', 'mark-1')).toEqual({ kind: 'position', position: 4_194_304, written: 1_048_576 });
    expect(parseWord('mark-1 end 2097152', 'mark-1')).toEqual({ kind: 'end', read: 2_097_152 });
  });

  it('is what went by between two hosts, and where orders are taken', () => {
    expect(parseWord('mark-1 sent 65536 3', 'mark-1')).toEqual({ kind: 'sent', bytes: 65_536, number: 3 });
    expect(parseWord('mark-1 hand /proc/7/fd/5 pipe:[12]', 'mark-1')).toEqual({ kind: 'hand', path: '/proc/7/fd/5', pipe: 'pipe:[12]' });
  });

  it.each([
    'mark-1 sent',
    'mark-1 sent 5',
    'mark-1 sent 5 x',
    'mark-1 hand',
    'mark-1 hand /etc/passwd pipe:[12]',
    'mark-1 hand /proc/7/fd/5 /x',
  ])('is not %j', (line) => expect(parseWord(line, 'mark-1')).toBeUndefined());

  it.each(['', 'Welcome to box', 'mark-2 1 2', 'mark-1', 'mark-1 one two', 'mark-1 end', 'mark-1 1 2.5'])('is not %j', (line) => {
    expect(parseWord(line, 'mark-1')).toBeUndefined();
  });

  it('is read line by line, however it is cut', () => {
    const lines: string[] = [];
    const read = createLineReader((line) => lines.push(line));
    for (const piece of ['one\ntw', 'o', '\n', '\nthree']) read(piece);
    expect(lines).toEqual(['one', 'two', '']);
  });
});
