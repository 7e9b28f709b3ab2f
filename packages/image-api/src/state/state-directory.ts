import { lstat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this user's copies keep what is of use to later ones: `$XDG_STATE_HOME/image-api/NAME`, else `~/.local/state/image-api/NAME`. */
export function stateDirectory(name: string): string {
  const given = process.env['XDG_STATE_HOME'];
  return join(given?.startsWith('/') ? given : join(homedir(), '.local/state'), 'image-api', name);
}

/** Whether it is a directory of this user that nobody else can write to. What others could have put there is not believed. */
export async function isOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  return found !== undefined && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}
