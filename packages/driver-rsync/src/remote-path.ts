/**
 * A path as the far rsync must be given it to find exactly this file.
 *
 * That rsync expands wildcards, one part of the path at a time: only in a part that has one does a backslash escape, in any other it
 * stands for itself. Escaping all of a path, or none of it, reaches another file, without an error.
 */
export function literalPath(path: string): string {
  return path.split('/').map(literalPart).join('/');
}

/**
 * Whether rsync can be asked to *send* this path. Of a last part with both a backslash and a wildcard, the receiving rsync believes
 * that it did not ask for it, however it is escaped.
 */
export function canBeFetched(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return !(hasWildcard(name) && name.includes('\\'));
}

/** `user@host:path`, with brackets around an IPv6 address, so that the first colon outside of them ends the host. */
export function sshPlace(place: { readonly host: string; readonly user?: string }, path: string): string {
  return `${authority(place)}:${literalPath(path)}`;
}

/** `rsync://user@host:port/module/path`. */
export function daemonPlace(place: { readonly host: string; readonly user?: string; readonly port?: number }, path: string): string {
  const [module = '', ...rest] = path.replace(/^\/+/, '').split('/');
  // The daemon takes what follows the module as a word of its command line: a leading dash would make it an option.
  const inside = rest[0]?.startsWith('-') ? ['.', ...rest] : rest;
  return `rsync://${authority(place)}${place.port === undefined ? '' : `:${place.port}`}/${[module, literalPath(inside.join('/'))].join('/')}`;
}

function authority({ host, user }: { readonly host: string; readonly user?: string }): string {
  return `${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}`;
}

function literalPart(part: string): string {
  return hasWildcard(part) ? part.replaceAll(/[\\*?[\]]/g, String.raw`\$&`) : part;
}

function hasWildcard(part: string): boolean {
  return /[*?[]/.test(part);
}
