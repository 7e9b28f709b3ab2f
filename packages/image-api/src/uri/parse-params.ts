import type { Endpoint } from '@image-api/driver';
import { decodePart } from './decode-part.ts';
import { badEndpoint } from './uri-error.ts';

/**
 * Understand what stands behind the `?` of a URI.
 *
 * @param plusIsSpace as web servers read it
 * @param text the whole address, for messages
 */
export function parseParams(query: string, plusIsSpace: boolean, text: string): Endpoint['params'] {
  const read = (raw: string): string => decodePart(plusIsSpace ? raw.replaceAll('+', ' ') : raw, text);
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => readPair(pair, read));
  const names = new Set(pairs.map(([name]) => name));
  if (names.has('')) throw badEndpoint(text, 'has a parameter without a name', 'write ?name=value');
  if (names.size < pairs.length) throw badEndpoint(text, 'has the same parameter twice', 'give each one once');
  return Object.fromEntries(pairs);
}

function readPair(pair: string, read: (raw: string) => string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=');
  return equals === -1 ? [read(pair), ''] : [read(pair.slice(0, equals)), read(pair.slice(equals + 1))];
}
