import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { TransferContext } from '@image-api/driver';
import { isImageError } from '@image-api/driver';
import type { ContentAddress } from './address/content-address.ts';
import { inCache } from './cache/in-cache.ts';
import type { SwarmEngine, SwarmStats } from './engine/swarm-engine.ts';
import type { Hand } from './hand.ts';
import { fillFromOrigin } from './origin/fill-from-origin.ts';
import { missingPieces } from './origin/missing-pieces.ts';
import { openOrigin, originOf } from './origin/open-origin.ts';
import type { Origin } from './origin/open-origin.ts';
import { noPeers } from './p2p-precache-errors.ts';
import type { PublishedImage } from './published/published-image.ts';
import { joinSwarm } from './swarm/join-swarm.ts';

/** An image that is to come from peers, or from its origin where they do not have it. */
export interface FetchJob {
  readonly address: ContentAddress;
  readonly published: PublishedImage;
  /** Absent where this machine has no engine. */
  readonly openEngine?: () => Promise<SwarmEngine>;
  readonly stallMs: number;
  readonly context: Pick<TransferContext, 'checkpoint' | 'signal' | 'report' | 'env'>;
  readonly hand: Hand;
}

/** Bytes of the image that came from somewhere else. */
export interface Fetched {
  readonly fromPeers: number;
  readonly fromOrigin: number;
  /** What did not go as it was offered. */
  readonly warnings: readonly string[];
}

/**
 * Fetch an image into a file; what of it is there already stays.
 *
 * @throws ImageError STALLED when the peers do not have it and no origin is known, CANCELLED, and those of the engine and of the origin
 */
export async function fetchContent(job: FetchJob, path: string): Promise<Fetched> {
  const { address, published, context } = job;
  if (published.manifest.size === 0) return nothingToFetch(path);
  const origin = originOf(address, published);
  let fromPeers = 0;
  try {
    const tell = (stats: SwarmStats): void => {
      fromPeers = stats.downloaded;
      context.report(progressOf(stats));
    };
    return { fromPeers: (await fromSwarm(job, path, tell)).downloaded, fromOrigin: 0, warnings: [] };
  } catch (error) {
    if (!origin || context.signal.aborted || !isImageError(error) || hopeless.has(error.origin)) throw error;
    // Who named no peers did not ask for any.
    const warnings = address.peers.length > 0 ? [`${error.message}; what was missing was read from ${origin.place}`] : [];
    return { fromPeers, fromOrigin: await fromOrigin(job, path, origin, fromPeers), warnings };
  }
}

/** No swarm is about nothing. */
async function nothingToFetch(path: string): Promise<Fetched> {
  await inCache('write', path, async () => (await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600)).close());
  return { fromPeers: 0, fromOrigin: 0, warnings: [] };
}

/** Where it fails because of this machine, it fails from everywhere. */
const hopeless: ReadonlySet<string> = new Set(['destination', 'caller']);

async function fromSwarm(job: FetchJob, path: string, tell: (stats: SwarmStats) => void): Promise<SwarmStats> {
  const { address, openEngine, context } = job;
  if (!openEngine || address.peers.length === 0) throw noPeers(address.sha256, openEngine !== undefined);
  context.report({ phase: 'connect' });
  const engine = await openEngine();
  try {
    return await joinSwarm({ ...job, engine, peers: address.peers, path, tell });
  } finally {
    await engine.dispose();
  }
}

async function fromOrigin({ published, context, hand }: FetchJob, path: string, origin: Origin, sentBefore: number): Promise<number> {
  const { hashes } = published;
  const { signal, report } = context;
  report({ phase: 'check' });
  const missing = await missingPieces(path, hashes, { signal });
  report({ phase: 'from the origin' });
  const reader = await openOrigin(origin, hashes.size, { signal });
  const lengthOf = (index: number): number => Math.min(hashes.pieceLength, hashes.size - index * hashes.pieceLength);
  let there = hashes.size - missing.reduce((sum, index) => sum + lengthOf(index), 0);
  try {
    const onPiece = (bytes: number): void => report({ bytesLogical: (there += bytes), bytesSent: sentBefore + reader.bytesRead });
    await fillFromOrigin({ image: hashes, path, missing, reader, context, hand, onPiece });
    return reader.bytesRead;
  } finally {
    await reader.close();
  }
}

function progressOf({ state, verified, downloaded, size }: SwarmStats): Parameters<TransferContext['report']>[0] {
  if (state === 'checking') return { phase: 'check' };
  return { phase: 'swarm', bytesLogical: verified, bytesSent: downloaded, total: { bytes: size, certainty: 'exact' } };
}
