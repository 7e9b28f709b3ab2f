import { ImageError } from '@image-api/driver';
import { escapeControl } from '../escape-control.ts';
import type { Patience, RangeReader } from '../range-reader.ts';
import { isPrivateNumber, placeName } from './next-place.ts';
import type { Resolve } from './public-lookup.ts';
import { WebReader } from './web-reader.ts';
import type { WebStretch } from './web-stretch.ts';

/** How to read from a web server. */
export interface WebReaderOptions extends Patience {
  readonly signal?: AbortSignal;
  /** How the addresses of hosts are found to which a web server redirects. Default: as the system does it. */
  readonly resolve?: Resolve;
  /** Nobody typed the address, it came along with something else: it must be public, as that of a redirection. Default false. */
  readonly told?: boolean;
}

/** Documented where it is exported. */
export async function openWebReader(href: string, options: WebReaderOptions = {}): Promise<RangeReader> {
  return opened(href, options, false);
}

/** A file of a web server that is taken in as a stream, or as several. */
export interface WebSource extends Pick<RangeReader, 'name' | 'identity' | 'bytesRead' | 'close'> {
  /** `NaN` where the server does not tell. */
  readonly size: number;
  /** Whether the server sends parts of it. Else the one stretch there is, is all of it, and it cannot be gone on from. */
  readonly ranges: boolean;
  /** Whether `identity` tells it from another content at another time. */
  readonly isKnownAgain: boolean;
  /** Many may be under way at once. Whoever asks for one closes it. */
  stretch(offset: number, length: number): WebStretch;
}

/** Documented where it is exported. */
export async function openWebSource(href: string, options: WebReaderOptions = {}): Promise<WebSource> {
  return opened(href, options, true);
}

async function opened(href: string, { signal, resolve, told = false, ...patience }: WebReaderOptions, whole: boolean): Promise<WebReader> {
  const url = checkAddress(href);
  if (told && isPrivateNumber(url)) throw notPublic(placeName(url));
  const reader = new WebReader({ url, typed: !told }, patience, resolve);
  try {
    await reader.open(signal, whole);
    return reader;
  } catch (error) {
    await reader.close();
    throw error;
  }
}

function checkAddress(href: string): URL {
  if (!URL.canParse(href)) throw refused(escapeControl(href.slice(0, 200)), 'is no address of a web server');
  const url = new URL(href);
  const name = placeName(url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(name, 'is no address of a web server');
  if (url.username !== '' || url.password !== '') throw refused(name, 'names a user; use an address that can be read without logging in');
  url.hash = '';
  return url;
}

function refused(name: string, why: string): ImageError {
  return new ImageError(`${name} ${why}`, { code: 'BAD_ENDPOINT', origin: 'caller', untouched: true });
}

function notPublic(name: string): ImageError {
  return new ImageError(`${name} is no public address, and nobody typed it; give the address itself if it is to be trusted`, {
    code: 'SOURCE_UNREADABLE',
    origin: 'source',
  });
}
