import type { IncomingHttpHeaders } from 'node:http';

/** What a server says about which content it is. */
export interface WebIdentity {
  readonly size: number;
  /** Only a strong one: the same bytes. */
  readonly etag?: string;
  readonly modified?: string;
}

export function identityOf(headers: IncomingHttpHeaders, size: number): WebIdentity {
  const etag = strongEtag(headers.etag);
  const modified = headers['last-modified'];
  return { size, ...(etag === undefined ? {} : { etag }), ...(modified === undefined ? {} : { modified }) };
}

/** `W/"…"` promises no more than the same meaning. */
function strongEtag(etag: string | undefined): string | undefined {
  return etag !== undefined && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : undefined;
}

/** Whether an answer may be of the same content. What the server leaves out this time does not count. */
export function isSame(pinned: WebIdentity, now: WebIdentity): boolean {
  if (now.size !== pinned.size) return false;
  if (pinned.etag !== undefined && now.etag !== undefined) return pinned.etag === now.etag;
  return pinned.modified === undefined || now.modified === undefined || pinned.modified === now.modified;
}

/** In one line, for whoever wants to know it again later. */
export function identityText({ size, etag, modified }: WebIdentity): string {
  return [
    `size ${size}`,
    ...(etag === undefined ? [] : [`etag ${etag}`]),
    ...(modified === undefined ? [] : [`modified ${modified}`]),
  ].join(', ');
}
