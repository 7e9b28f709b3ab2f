import { expect, it } from 'vitest';
import { fileError, forSide } from './file-error.ts';

const failure = { side: 'destination', host: 'local', path: '/a/b', action: 'create' } as const;

it.each([
  ['ENOENT', 'SOURCE_MISSING', 'DESTINATION_UNWRITABLE'],
  ['EACCES', 'SOURCE_UNREADABLE', 'DESTINATION_UNWRITABLE'],
  ['EROFS', 'SOURCE_UNREADABLE', 'DESTINATION_UNWRITABLE'],
  ['ENOSPC', 'NO_SPACE', 'NO_SPACE'],
  ['EDQUOT', 'NO_SPACE', 'NO_SPACE'],
  ['EIO', 'READ_FAILED', 'WRITE_FAILED'],
  ['EEXIST', 'READ_FAILED', 'DESTINATION_EXISTS'],
  ['ETXTBSY', 'READ_FAILED', 'DESTINATION_BUSY'],
  ['EISDIR', 'SOURCE_KIND', 'DESTINATION_KIND'],
  ['ENAMETOOLONG', 'BAD_PATH', 'BAD_PATH'],
  ['EMFILE', 'RESOURCES', 'RESOURCES'],
  ['EWHATEVER', 'READ_FAILED', 'WRITE_FAILED'],
])('judges %s as %s or %s', (errno, source, destination) => {
  expect(fileError({ ...failure, errno, side: 'source' }).code).toBe(source);
  expect(fileError({ ...failure, errno }).code).toBe(destination);
});

it('says what was tried, where, what was wrong, and the way out', () => {
  expect(fileError({ ...failure, errno: 'EACCES' }).message).toBe(
    'cannot create /a/b: permission denied; check the directory and its permissions',
  );
  expect(fileError({ ...failure, host: 'backup', errno: 'EACCES' }).message).toContain('/a/b on backup:');
});

it('passes on what the tool said when the error number is not known, without control characters', () => {
  const error = fileError({ ...failure, said: 'odd\u001B[2J thing\n' });
  expect(error.message).toContain('odd\\x1b[2J thing;');
});

it('can be retried only where time may help', () => {
  expect(fileError({ ...failure, errno: 'EIO' }).retryable).toBe(true);
  expect(fileError({ ...failure, errno: 'ENOSPC' }).retryable).toBe(false);
});

it('can be judged again for the other end of the copy', () => {
  const seen = forSide(fileError({ ...failure, side: 'source', errno: 'EACCES' }), 'destination');
  expect(seen).toMatchObject({ code: 'DESTINATION_UNWRITABLE', origin: 'destination' });
});
