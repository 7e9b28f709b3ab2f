import type { Endpoint } from '@image-api/driver';
import { checkText } from './check-path.ts';
import { formatUri } from './format-uri.ts';
import { localPath } from './local-path.ts';
import { parseAddress } from './parse-address.ts';
import type { AddressParts } from './parse-address.ts';
import { parseBareScheme } from './parse-bare-scheme.ts';
import { parseShortForm } from './parse-short-form.ts';
import { badEndpoint } from './uri-error.ts';

/**
 * Understand a path or URI. Text with `scheme://` is a URI and is percent-decoded; a colon before the first slash makes it
 * ssh's short form (`host:/a`, `user@host:b`); all else is a path here, taken literally. `./na:me` and `file:` reach a local
 * name with a colon.
 *
 * The path of `http` and `https` stays percent-encoded: to a web server `%2F` and `/` differ.
 *
 * @param options.cwd where relative paths start. Default: the working directory
 * @throws ImageError BAD_ENDPOINT or BAD_PATH, with what to write instead; a password is refused, and never shown
 */
export function parseUri(text: string | URL, options: { readonly cwd?: string } = {}): Endpoint {
  const given = typeof text === 'string' ? text : text.href;
  checkText(given, given);
  const parts = partsOf(given, options.cwd);
  return Object.freeze({ ...parts, params: Object.freeze(parts.params), href: formatUri(parts) });
}

function partsOf(text: string, cwd: string | undefined): AddressParts {
  if (text === '') throw badEndpoint(text, 'names nothing', 'write a path or a URI');
  if (/^[A-Za-z]:\\/.test(text)) {
    throw badEndpoint(text, 'looks like a path of Windows', 'write host:/path for another machine, or ./ before a local name');
  }
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/isu.exec(text) ?? [];
  if (scheme !== undefined && rest !== undefined) return parseAddress(scheme.toLowerCase(), rest, text);
  const [, bare, tail] = /^(file|p2p|ssh|rsync|https?|nbd|nbd\+unix|qmp\+unix):(.*)$/isu.exec(text) ?? [];
  if (bare !== undefined && tail !== undefined) return parseBareScheme(bare.toLowerCase(), tail, text, cwd);
  if (/^[^/]*:/.test(text)) return parseShortForm(text);
  return { scheme: 'file', path: localPath(text, text, cwd), params: {} };
}
