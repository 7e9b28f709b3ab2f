import { ImageError } from '@image-api/driver';
import type { Offer, TransferRequest } from '@image-api/driver';
import type { Look } from '../look/look.ts';

/** What `roomFor` found. */
export interface Room {
  /** The offers, those that do not fit turned into refusals. */
  readonly offers: ReadonlyMap<string, Offer>;
  readonly space: ReadonlyMap<string, { readonly needed: number; readonly free: number }>;
  /** The error to fail with when room is all that is missing. */
  readonly full?: ImageError;
}

/** Judges which offers the destination has room for. A driver that fills holes needs more than one that keeps them. */
export function roomFor(offers: ReadonlyMap<string, Offer>, requests: ReadonlyMap<string, TransferRequest>, { from, to }: Look): Room {
  const { free } = to;
  if (free === undefined) return { offers, space: new Map() };
  const space = new Map<string, { needed: number; free: number }>();
  let full: ImageError | undefined;
  const judged = [...offers].map(([id, offer]): [string, Offer] => {
    if (!offer.accept) return [id, offer];
    // What an interrupted try left is room that is taken already.
    const left = requests.get(id)?.to.facts.allocated ?? 0;
    const needed = Math.max(0, (offer.space ?? from.endpoint.facts.size ?? 0) - left);
    space.set(id, { needed, free });
    if (needed <= free) return [id, offer];
    full = noSpace(needed, free, to);
    return [id, { accept: false, reason: `needs ${inMiB(needed)} at the destination, where ${inMiB(free)} are free` }];
  });
  return { offers: new Map(judged), space, ...(full && { full }) };
}

function noSpace(needed: number, free: number, to: Look['to']): ImageError {
  return new ImageError(
    `no room for ${to.endpoint.href}: ${needed} bytes (${inMiB(needed)}) are needed, ${free} (${inMiB(free)}) are free in ${to.directory ?? 'its directory'}`,
    { code: 'NO_SPACE', origin: 'destination', untouched: true, details: { needed, free } },
  );
}

function inMiB(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
