import type { IncomingHttpHeaders } from 'node:http';

/** What a server says about which content it is. */
export interface WebIdentity {
  /** `NaN` where the server does not tell, which only whole answers may leave open. */
  readonly size: number;
  /** Only a strong one: the same bytes. */
  readonly etag?: string;
  readonly modified?: string;
  /** It was modified so shortly before it was sent that it may be again without another date. */
  readonly recent?: true;
}

export function identityOf(headers: IncomingHttpHeaders, size: number): WebIdentity {
  const etag = strongEtag(headers.etag);
  const modified = headers['last-modified'];
  const isRecent = modified !== undefined && Date.parse(headers.date ?? '') - Date.parse(modified) < 1000;
  return {
    size,
    ...(etag === undefined ? {} : { etag }),
    ...(modified === undefined ? {} : { modified }),
    ...(isRecent && { recent: true }),
  };
}

/** Whether it can be told from another content at another time. */
export function isTelling({ etag, modified, recent }: WebIdentity): boolean {
  return etag !== undefined || (modified !== undefined && recent === undefined);
}

/** `W/"…"` promises no more than the same meaning. */
function strongEtag(etag: string | undefined): string | undefined {
  return etag !== undefined && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : undefined;
}

/** Whether an answer may be of the same content. What the server leaves out this time does not count. */
export function isSame(pinned: WebIdentity, now: WebIdentity): boolean {
  if (!Object.is(now.size, pinned.size)) return false;
  if (pinned.etag !== undefined && now.etag !== undefined) return pinned.etag === now.etag;
  return pinned.modified === undefined || now.modified === undefined || pinned.modified === now.modified;
}

/** In one line, for whoever wants to know it again later. */
export function identityText(identity: WebIdentity): string {
  const { size, etag, modified } = identity;
  return [
    ...(Number.isNaN(size) ? [] : [`size ${size}`]),
    ...(etag === undefined ? [] : [`etag ${etag}`]),
    ...(modified === undefined || !isTelling(identity) ? [] : [`modified ${modified}`]),
  ].join(', ');
}
