import { posix } from 'node:path';
import { checkFilePath } from './check-path.ts';
import { badEndpoint } from './uri-error.ts';

/**
 * The absolute path of a file here.
 *
 * @param text the whole address, for messages
 * @param cwd where relative paths start. Default: the working directory
 */
export function localPath(path: string, text: string, cwd?: string): string {
  // Resolving would hide that the text names a directory.
  if (/(?:^|\/)\.{0,2}$/.test(path))
    throw badEndpoint(text, 'names a directory, not a file', 'add the name of the file, also where a copy is to go');
  return checkFilePath(path.startsWith('/') ? posix.resolve(path) : posix.resolve(cwd ?? process.cwd(), path), text);
}
