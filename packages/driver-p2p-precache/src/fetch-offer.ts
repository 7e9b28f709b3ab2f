import { dirname } from 'node:path';
import type { Host, Offer, OfferContext, TransferRequest } from '@image-api/driver';
import { cloneChance } from '@image-api/host';
import { isWebPlace, parseContentAddress } from './address/content-address.ts';
import type { ContentAddress } from './address/content-address.ts';
import { formatPeer } from './address/peer-list.ts';
import type { ImageCache } from './cache/image-cache.ts';
import { engineFlaw } from './engine/engine-flaw.ts';
import { originOf } from './origin/open-origin.ts';
import type { Origin } from './origin/open-origin.ts';
import { limited } from './p2p-precache-offer.ts';
import { readPublished } from './published/read-published.ts';
import type { PublishedImage } from './published/published-image.ts';
import { peersAnswering } from './swarm/peers-answering.ts';

/** What an ordinary network does; the other drivers' estimates are on the same scale. */
const bytesPerSecond = 100e6;
const copiedPerSecond = 400e6;
const checkedPerSecond = 500e6;
const startSeconds = 2;
/** So long a web server may take to give a manifest, in milliseconds. */
const patience = { patienceMs: 2000, silenceMs: 2000 };

/** What is known of an image that is not in the cache, and of who has it. */
interface Found {
  readonly published: PublishedImage;
  readonly address: ContentAddress;
  readonly origin: Origin | undefined;
  /** How many peers answer. */
  readonly answering: number;
  /** Why there is no engine here. */
  readonly lacking: string | undefined;
}

/**
 * Whether an image can be fetched from its swarm, or its origin. Looks only.
 *
 * @throws ImageError origin `source` when its manifest is missing, or is not one of this image
 */
export async function fetchOffer(cache: ImageCache, request: TransferRequest, context: OfferContext): Promise<Offer> {
  const address = parseContentAddress(request.from);
  const where = `not in the cache ${cache.settings.directory}`;
  if (address.manifest === undefined)
    return {
      accept: false,
      reason: `${where}: imagectl precache puts it there, or name manifest= and peer= as imagectl publish prints them`,
    };
  const published = await readPublished(address.manifest, address.sha256, { ...patience, signal: context.signal });
  const found = { address, published, origin: originOf(address, published), ...(await lookAround(address, context)) };
  const reason = whyNobody(found);
  if (reason !== undefined) return { accept: false, reason: `${where}, ${reason}` };
  return offerFor(cache, request, context, found);
}

async function lookAround({ peers }: ContentAddress, { env, signal }: OfferContext): Promise<Pick<Found, 'answering' | 'lacking'>> {
  const [lacking, answering] = await Promise.all([engineFlaw(env.local), peersAnswering(peers, signal)]);
  return { answering: answering.length, lacking };
}

function whyNobody({ address, origin, answering, lacking }: Found): string | undefined {
  if (origin) return undefined;
  if (address.peers.length === 0) return 'and its address names no peer: add peer=host:port, as imagectl publish prints it, or an origin=';
  if (lacking !== undefined) return `and peers cannot be asked: ${lacking}`;
  return answering > 0
    ? undefined
    : `and no peer answers (${address.peers.map(formatPeer).join(', ')}): publish it again, or name an origin=`;
}

async function offerFor(cache: ImageCache, request: TransferRequest, { env, signal }: OfferContext, found: Found): Promise<Offer> {
  const { size } = found.published.manifest;
  const data = bytesOfData(found.published);
  const directory = await nearestThere(cache.settings.directory, env.local);
  const [{ free }, stat] = await Promise.all([env.local.space(directory), env.local.stat(directory)]);
  const device = Number(stat?.device);
  const chance = await cloneChance({ from: { facts: { kind: 'file', device } }, to: request.to }, env.local, signal);
  const kept = (await cache.arrived(found.address.sha256)) ?? 0;
  if (free < data - kept) return { accept: false, reason: `needs ${data - kept} bytes in the cache ${directory}, where ${free} are free` };
  const rate = Math.min(bytesPerSecond, request.limits.bandwidth ?? bytesPerSecond);
  const seconds = startSeconds + size / checkedPerSecond + data / rate + (chance === 'yes' ? 0 : data / copiedPerSecond);
  const notes = notesOn(found, kept, request);
  return {
    accept: true,
    seconds,
    way: 'fetch',
    reason: reasonFor(found),
    commands: [],
    space: chance === 'yes' ? 0 : data,
    notes,
    ...limited(request, 'wire'),
  };
}

function reasonFor({ address: { peers }, answering, lacking, origin }: Found): string {
  const asked = peers.length === 1 ? 'its peer' : `${peers.length} peers`;
  if (answering > 0 && lacking === undefined)
    return `from ${asked}, of which ${answering} ${answering === 1 ? 'answers' : 'answer'}, into the cache`;
  return `from its origin ${origin?.place ?? ''}, into the cache`;
}

function notesOn(
  { address, published, origin, lacking }: Found,
  kept: number,
  { held, limits: { bandwidth } }: TransferRequest,
): readonly string[] {
  const { size } = published.manifest;
  const old =
    held === undefined
      ? []
      : [`what is at the destination is copied into the cache and hashed first, ${size} bytes: only the rest travels`];
  const first = kept > 0 ? [`what an interrupted fetch left is hashed first, ${size} bytes`] : old;
  const named = origin && `${origin.place}${origin.told ? ', as its manifest says' : ''}`;
  const plain = [address.manifest, origin?.place].some((place) => place !== undefined && isWebPlace(place) && /^http:/i.test(place));
  return [
    `it is fetched into the cache, checked by its sha256, and copied from there${bandwidth === undefined ? '' : ', which the limit is not for'}`,
    ...first,
    ...(lacking === undefined
      ? ['what it has is given to other peers meanwhile, as fast as the limit allows']
      : [`no peer is asked: ${lacking}`]),
    ...(named === undefined ? [] : [`what peers do not have is read from ${named}`]),
    ...(lacking === undefined || plain ? ['unencrypted'] : []),
  ];
}

/** Zeros do not travel, and take no room. */
function bytesOfData({ manifest: { size, pieceLength, zeroPieces } }: PublishedImage): number {
  return zeroPieces.reduce((left, [from, to]) => left - (Math.min(size, to * pieceLength) - from * pieceLength), size);
}

async function nearestThere(directory: string, local: Host): Promise<string> {
  const found = await local.stat(directory);
  return found || dirname(directory) === directory ? directory : nearestThere(dirname(directory), local);
}
