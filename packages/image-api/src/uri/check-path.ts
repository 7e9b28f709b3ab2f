import { badEndpoint, badPath } from './uri-error.ts';

/** The longest path the kernel takes, and the longest name in it, in bytes. */
const [maximumPath, maximumName] = [4096, 255];

/**
 * The path of a file, checked and tidied: no doubled separators, no `.`.
 *
 * @param text the whole address, for messages
 * @throws ImageError BAD_PATH for what no name may hold, BAD_ENDPOINT where it names a directory
 */
export function checkFilePath(path: string, text: string): string {
  checkText(path, text);
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw badPath(text, 'goes up with ..', 'write the path it leads to');
  if (names.length === 0 || /(?:^|\/)\.?$/.test(path)) {
    throw badEndpoint(text, 'names a directory, not a file', 'add the name of the file, also where a copy is to go');
  }
  checkLengths(names, path, text);
  return `${path.startsWith('/') ? '/' : ''}${names.join('/')}`;
}

/** No control character may be in any part of an address: not in a path, not in a parameter. */
export function checkText(part: string, text: string): void {
  if (/\p{Cc}/u.test(part)) throw badPath(text, 'holds a control character', 'rename the file');
  if (/\p{Surrogate}/u.test(part)) throw badEndpoint(text, 'is not text that UTF-8 can write', 'give the name as the file system shows it');
}

/** No path is longer than the kernel takes, whatever kind of thing it names. */
export function checkPathLength(path: string, text: string): void {
  if (Buffer.byteLength(path) > maximumPath) throw badPath(text, `has a path of more than ${maximumPath} bytes`, 'use a shorter one');
}

function checkLengths(names: readonly string[], path: string, text: string): void {
  checkPathLength(path, text);
  if (names.some((name) => Buffer.byteLength(name) > maximumName)) {
    throw badPath(text, `has a name of more than ${maximumName} bytes`, 'rename the file');
  }
}
