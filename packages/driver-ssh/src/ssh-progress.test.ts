import { describe, expect, it } from 'vitest';
import { createLineReader, parseWord } from './ssh-progress.ts';

describe('what the end where the image arrives says', () => {
  it('is how far it is, or that all has come', () => {
    expect(parseWord('mark-1 4194304 1048576', 'mark-1')).toEqual({ kind: 'position', position: 4_194_304, written: 1_048_576 });
    expect(parseWord('mark-1 end 2097152', 'mark-1')).toEqual({ kind: 'end', read: 2_097_152 });
  });

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
