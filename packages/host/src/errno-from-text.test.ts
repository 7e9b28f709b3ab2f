import { expect, it } from 'vitest';
import { errnoFromText } from './errno-from-text.ts';

it.each([
  ["cp: error writing '/mnt/x': No space left on device", 'ENOSPC'],
  ['rsync: [receiver] write failed on "/mnt/x": No space left on device (28)', 'ENOSPC'],
  ["cp: cannot create regular file '/root/x': Permission denied", 'EACCES'],
  ["mv: cannot move 'a' to 'b': Read-only file system", 'EROFS'],
  ["stat: cannot statx '/x': No such file or directory", 'ENOENT'],
  ['sh: 2: cannot create /nowhere/x: Directory nonexistent', 'ENOENT'],
  ['sh: 2: cannot open /nowhere: No such file', 'ENOENT'],
  ["ln: failed to create hard link '/b': File exists", 'EEXIST'],
  ['sh: line 1: /b: cannot overwrite existing file', 'EEXIST'],
  ["head: error reading 'standard input': Input/output error", 'EIO'],
  ["sync: error syncing '/x': Disk quota exceeded", 'EDQUOT'],
  ["cp: cannot create regular file '/x': Text file busy", 'ETXTBSY'],
])('reads %j as %s', (stderr, errno) => {
  expect(errnoFromText(stderr)).toBe(errno);
});

it('is not misled by the name of the file', () => {
  expect(errnoFromText("stat: cannot statx '/No space left on device': Permission denied\n")).toBe('EACCES');
});

it('knows nothing about other words', () => {
  expect(errnoFromText('all is well')).toBeUndefined();
});
