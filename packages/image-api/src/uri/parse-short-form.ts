import { checkFilePath } from './check-path.ts';
import type { AddressParts } from './parse-address.ts';
import { parseAuthority } from './parse-authority.ts';
import { badEndpoint } from './uri-error.ts';

/**
 * Understand `host:/a/b` and `user@host:b`, ssh's short form. The path is literal: nothing in it is decoded.
 *
 * @param text has a colon before its first slash
 */
export function parseShortForm(text: string): AddressParts {
  const [, place = '', path = ''] = /^((?:[^@/]*@)?(?:\[[^\]/]*\]|[^:/]*)):(.*)$/su.exec(text) ?? [];
  const authority = parseAuthority(place, text);
  if (path === '') throw badEndpoint(text, 'names a host, but no file on it', `write ${authority.host}:/path, or ./ before a local name`);
  if (path.startsWith(':')) throw badEndpoint(text, 'is the short form of an rsync daemon', 'write rsync://host/module/path');
  return { scheme: 'ssh', authority, path: checkFilePath(withoutHome(path, text), text), params: {} };
}

/** Paths are relative to the login directory anyway. */
function withoutHome(path: string, text: string): string {
  if (!path.startsWith('~')) return path;
  if (path === '~' || path.startsWith('~/')) return path.replace(/^~\/*/, '');
  throw badEndpoint(text, "is in another user's home", 'write the absolute path, or ./ before a name that begins with ~');
}
