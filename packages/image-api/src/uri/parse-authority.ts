import { isIPv6 } from 'node:net';
import type { Authority } from '@image-api/driver';
import { badEndpoint } from './uri-error.ts';

/** Letters of either case: a directory service may have given the name. */
const userPattern = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;
/** No `-` in front, where a tool would take it for an option. `_` is for aliases of an ssh configuration. */
const hostPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/;

/**
 * Understand `user@host:port`.
 *
 * @param text the whole address, for messages
 * @throws ImageError BAD_ENDPOINT for anything that is not a user, host or port, and for any password
 */
export function parseAuthority(authority: string, text: string): Authority {
  const at = authority.lastIndexOf('@');
  const [host, port] = splitPort(authority.slice(at + 1), text);
  return Object.freeze({
    host: checkHost(host, text),
    ...(port !== undefined && { port: checkPort(port, text) }),
    ...(at !== -1 && { user: checkUser(authority.slice(0, at), text) }),
  });
}

function splitPort(place: string, text: string): readonly [host: string, port?: string] {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/su.exec(place) ?? [];
  if (bracketed !== undefined && !isPlainIPv6(bracketed))
    throw badEndpoint(text, 'has brackets around what is not an IPv6 address', hostHint);
  const host = bracketed ?? plain;
  if (host === undefined) throw badEndpoint(text, 'names no host', hostHint);
  if (isPlainIPv6(place)) throw badEndpoint(text, 'has an IPv6 address without brackets', `write [${place}]`);
  return port === undefined ? [host] : [host, port];
}

const hostHint = 'write a host name, an IPv4 address, or an IPv6 address in brackets like [::1]';

function isPlainIPv6(host: string): boolean {
  return isIPv6(host) && !host.includes('%');
}

function checkHost(host: string, text: string): string {
  if (isPlainIPv6(host) || hostPattern.test(host)) return host;
  if (host === '') throw badEndpoint(text, 'names no host', 'write it as scheme://host/path, or ./ before a local name');
  throw badEndpoint(
    text,
    'has a host name that cannot be one',
    `${hostHint}; a local file with a colon in its name is reached by ./ before it`,
  );
}

function checkPort(port: string, text: string): number {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65_535) return number;
  throw badEndpoint(text, 'has a port that cannot be one', 'write a number from 1 to 65535 after the host, or leave the colon out');
}

function checkUser(user: string, text: string): string {
  if (user.includes(':')) throw badEndpoint(text, 'holds a password', 'leave it out; use a key, or what the tool reads passwords from');
  if (userPattern.test(user)) return user;
  throw badEndpoint(text, 'has a user name that cannot be one', 'write letters, digits, _ . or -, beginning with a letter or _');
}
