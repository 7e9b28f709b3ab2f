import type { Authority, Endpoint } from '@image-api/driver';
import { percentEncode } from './percent.ts';

/** The canonical text of an endpoint: what `parseUri` reads back as an equal one. */
export function formatUri(parts: Omit<Endpoint, 'href'>): string {
  const { scheme, authority, params } = parts;
  const address = scheme === 'p2p' ? '' : `//${authority ? formatAuthority(authority) : ''}`;
  return `${scheme}:${address}${formatPath(parts)}${formatParams(params)}`;
}

function formatAuthority({ host, port, user }: Authority): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}

function formatPath({ scheme, path }: Omit<Endpoint, 'href'>): string {
  // Encoded and decoded separators are different addresses to a web server: its paths are never decoded.
  if (scheme === 'http' || scheme === 'https') return path;
  const encoded = percentEncode(path, 'path');
  if (scheme !== 'ssh') return encoded;
  if (!path.startsWith('/')) return `/~/${encoded}`;
  // `/~/` is how a path relative to the login directory is written, so a real directory of that name is spelled out.
  return /^\/~(?:\/|$)/.test(path) ? `/%7E${encoded.slice(2)}` : encoded;
}

function formatParams(params: Endpoint['params']): string {
  const pairs = Object.entries(params).map(([name, value]) => `${percentEncode(name, 'query')}=${percentEncode(value, 'query')}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
