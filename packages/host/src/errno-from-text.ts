/** What the C library says for an error number, and what dash and a few tools say instead. The first that fits wins. */
const words: readonly (readonly [RegExp, string])[] = [
  [/No space left on device/i, 'ENOSPC'],
  [/Disk quota exceeded/i, 'EDQUOT'],
  [/Read-only file system/i, 'EROFS'],
  [/Input\/output error/i, 'EIO'],
  [/Permission denied/i, 'EACCES'],
  [/Operation not permitted/i, 'EPERM'],
  [/No such file|Directory nonexistent/i, 'ENOENT'],
  [/Not a directory/i, 'ENOTDIR'],
  [/Is a directory|cannot overwrite directory/i, 'EISDIR'],
  [/File exists|cannot overwrite existing file/i, 'EEXIST'],
  [/File too large/i, 'EFBIG'],
  [/File name too long/i, 'ENAMETOOLONG'],
  [/Text file busy/i, 'ETXTBSY'],
  [/Device or resource busy/i, 'EBUSY'],
  [/Stale (NFS )?file handle/i, 'ESTALE'],
  [/Too many levels of symbolic links/i, 'ELOOP'],
  [/Too many links/i, 'EMLINK'],
  [/Too many open files/i, 'EMFILE'],
  [/Cannot allocate memory/i, 'ENOMEM'],
  [/Resource temporarily unavailable/i, 'EAGAIN'],
  [/Operation not supported/i, 'EOPNOTSUPP'],
  [/Invalid cross-device link/i, 'EXDEV'],
  [/Invalid argument/i, 'EINVAL'],
];

/**
 * The errno (`ENOSPC`, `EACCES`…) behind what a tool wrote to standard error, as long as it ran with `LC_ALL=C`;
 * `undefined` when its words name none. Words at the end of a line win, since the line may also hold a file's name.
 */
export function errnoFromText(stderr: string): string | undefined {
  const ends = stderr
    .split('\n')
    .map((line) => /[^:]*$/.exec(line)?.[0] ?? '')
    .join('\n');
  return errnoIn(ends) ?? errnoIn(stderr);
}

function errnoIn(text: string): string | undefined {
  return words.find(([pattern]) => pattern.test(text))?.[1];
}
