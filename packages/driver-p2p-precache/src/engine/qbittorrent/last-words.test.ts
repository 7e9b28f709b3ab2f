import { expect, it } from 'vitest';
import { lastWords } from './last-words.ts';

const name = 'ab'.repeat(32);
const file = `/run/files/0123/${name}`;
const line = (id: number, message: string): { id: number; message: string } => ({ id, message });

it('finds why an image failed, without the names that only the engine knows', () => {
  const lines = [
    line(1, `File error alert. Torrent: "${name}". File: "${file}". Reason: "${name} file_write (${file}) error: No space left on device"`),
    line(2, 'File error alert. Torrent: "another". File: "x". Reason: "another file_open (x) error: Permission denied"'),
  ];
  expect(lastWords(lines, name)).toBe('file_write error: No space left on device');
});

it('takes what it says in other words as it is, and nothing of others', () => {
  expect(lastWords([line(1, `"${name}" was stopped`)], name)).toBe('"" was stopped');
  expect(lastWords([line(1, 'something else')], name)).toBeUndefined();
  expect(lastWords([], name)).toBeUndefined();
});
