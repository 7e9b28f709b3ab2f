import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';
import { refusedRedirect } from './web-error.ts';

/** Where a request goes. */
export interface Place {
  readonly url: URL;
  /** The address the caller typed, which is allowed whatever it is. All others must be public. */
  readonly typed: boolean;
}

/**
 * Where a redirection leads.
 *
 * @param first where it all began
 * @throws ImageError `SOURCE_UNREADABLE` when that is a place to which nobody else may send us
 */
export function nextPlace(from: Place, first: Place, location: string | undefined): Place {
  const name = placeName(from.url);
  const url = URL.canParse(location ?? '', from.url.href) ? new URL(location ?? '', from.url) : undefined;
  if (location === undefined || !url) throw refusedRedirect(name, location ?? 'nowhere', 'which is no address');
  const refused = (why: string): Error => refusedRedirect(name, placeName(url), why);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('which is no web address');
  if (from.url.protocol === 'https:' && url.protocol === 'http:') throw refused('which is not encrypted, as it was before');
  if (url.username !== '' || url.password !== '') throw refused('which holds a name or a password');
  url.hash = '';
  if (url.origin === first.url.origin) return { url, typed: first.typed };
  if (isPrivateNumber(url)) throw refused('which is no public address');
  return { url, typed: false };
}

/** Whether an address says itself, without any name server, that it is not public. */
export function isPrivateNumber({ hostname }: URL): boolean {
  const address = hostname.replaceAll(/[[\]]/g, '');
  return isIP(address) !== 0 && !isPublicAddress(address);
}

/** For messages: without the query, which may hold the right to read. */
export function placeName({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}
