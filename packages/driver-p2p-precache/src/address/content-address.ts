import { isAbsolute } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { Endpoint } from '@image-api/driver';
import type { SwarmPeer } from '../engine/swarm-engine.ts';
import { formatPeer, parsePeers } from './peer-list.ts';

/** What a `p2p:` address says: which content, and who may be asked for it. */
export interface ContentAddress {
  /** In lower-case hexadecimal. */
  readonly sha256: string;
  /** Where what is to be known of the image is: an absolute path, or an address of a web server. */
  readonly manifest?: string;
  readonly peers: readonly SwarmPeer[];
  /** Where the image may be read as a whole when no peer has it: an absolute path, or an address of a web server. */
  readonly origin?: string;
}

const longest = 4096;

/**
 * Read a `p2p:` address. Pure.
 *
 * @throws ImageError BAD_ENDPOINT for whatever is not exactly what `imagectl publish` prints
 */
export function parseContentAddress({ path, params, href }: Pick<Endpoint, 'path' | 'params' | 'href'>): ContentAddress {
  const sha256 = /^sha256-([0-9a-f]{64})$/.exec(path)?.[1];
  if (sha256 === undefined) throw badAddress(href, 'names no content; write p2p:sha256- and 64 hexadecimal digits in lower case');
  const { manifest, peer, origin, ...others } = params;
  const [stranger] = Object.keys(others);
  if (stranger !== undefined)
    throw badAddress(href, `has the parameter ${JSON.stringify(stranger)}; there are manifest, peer and origin, each once`);
  const peers = peer === undefined ? [] : parsePeers(peer);
  if (!peers) throw badAddress(href, 'names a peer that is none; write peer=host:port, several with commas between them');
  for (const [name, place] of Object.entries({ manifest, origin }))
    if (place !== undefined && !isPlace(place))
      throw badAddress(href, `has a ${name} that is neither an absolute path nor an address of a web server (https://…)`);
  return { sha256, peers, ...(manifest !== undefined && { manifest }), ...(origin !== undefined && { origin }) };
}

/** The text of an address, as `parseUri` of the core would print it. */
export function formatContentAddress({ sha256, manifest, peers, origin }: ContentAddress): string {
  const peer = peers.length > 0 ? peers.map(formatPeer).join(',') : undefined;
  const given = Object.entries({ manifest, peer, origin }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const query = given.map(([name, value]) => `${name}=${encodeQuery(value)}`).join('&');
  return `p2p:sha256-${sha256}${query === '' ? '' : `?${query}`}`;
}

/** Whether a place is on a web server; else it is a path of this machine. */
export function isWebPlace(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

function isPlace(text: string): boolean {
  // What ends a line, or a text in C, has no place in a name that goes to others.
  if (text.length > longest || /\p{Cc}/u.test(text)) return false;
  if (isAbsolute(text)) return !text.split('/').includes('..');
  if (!isWebPlace(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

/** The same characters stay as they are as in any address of the core. */
function encodeQuery(text: string): string {
  const encoded = encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return encoded.replaceAll(/%(?:2F|3A|40|2C)/g, decodeURIComponent);
}

function badAddress(href: string, what: string): ImageError {
  return new ImageError(`${href.slice(0, 300)} ${what}`, {
    code: 'BAD_ENDPOINT',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
