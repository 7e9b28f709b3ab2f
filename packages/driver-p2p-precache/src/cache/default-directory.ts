import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the cache is when nobody says: `/var/cache/image-api` of root, and the place for caches of everybody else. */
export function defaultDirectory(environment: NodeJS.ProcessEnv = process.env, uid: number | undefined = process.getuid?.()): string {
  if (uid === 0) return '/var/cache/image-api';
  const caches = environment['XDG_CACHE_HOME'];
  return join(caches?.startsWith('/') ? caches : join(homedir(), '.cache'), 'image-api');
}
