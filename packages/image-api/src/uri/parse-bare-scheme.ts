import { decodeFilePath, decodePart } from './decode-part.ts';
import { localPath } from './local-path.ts';
import type { AddressParts } from './parse-address.ts';
import { parseParams } from './parse-params.ts';
import { showText } from './show-text.ts';
import { badEndpoint } from './uri-error.ts';

/**
 * Understand a known scheme that no `//` follows: right for `p2p:` and `file:`, a slip for all others.
 *
 * @param text the whole address, for messages
 */
export function parseBareScheme(scheme: string, rest: string, text: string, cwd?: string): AddressParts {
  if (scheme === 'file') return parseFile(rest, text, cwd);
  if (scheme === 'p2p') return parseContent(rest, text);
  const slashes = scheme.endsWith('+unix') ? '///' : '//';
  const meant = showText(`${scheme}:${slashes}${rest.replace(/^\/+/, '')}`);
  throw badEndpoint(text, `lacks slashes after ${scheme}:`, `write ${meant}, or ./ before a local name`);
}

function parseFile(rest: string, text: string, cwd: string | undefined): AddressParts {
  if (/[?#]/.test(rest))
    throw badEndpoint(text, 'has a ? or # that is not part of the path', 'write %3F for ? and %23 for #, or give a plain path');
  return { scheme: 'file', path: localPath(decodeFilePath(rest, text), text, cwd), params: {} };
}

function parseContent(rest: string, text: string): AddressParts {
  const [name = '', ...query] = rest.split('?');
  if (name === '' || /^\/|#/.test(rest))
    throw badEndpoint(text, 'does not name published content', 'write p2p:sha256-… as it was published');
  return { scheme: 'p2p', path: decodePart(name, text), params: parseParams(query.join('?'), false, text) };
}
