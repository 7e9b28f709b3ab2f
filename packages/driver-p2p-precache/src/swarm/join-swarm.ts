import type { Limits, TransferContext } from '@image-api/driver';
import type { SwarmEngine, SwarmLimits, SwarmPeer, SwarmStats } from '../engine/swarm-engine.ts';
import type { Hand } from '../hand.ts';
import { joiningCancelled, swarmStalled } from '../p2p-precache-errors.ts';
import type { PublishedImage } from '../published/published-image.ts';
import { StallJudge } from './stall-judge.ts';

/** An engine forgets a peer that did not answer; it may have come since. */
const peersEveryMs = 15_000;

export interface SwarmJob {
  readonly engine: SwarmEngine;
  readonly published: PublishedImage;
  readonly peers: readonly SwarmPeer[];
  /** Where the image is to be; what of it is there already stays. */
  readonly path: string;
  /** No piece for so long, in milliseconds, and it is given up. */
  readonly stallMs: number;
  readonly context: Pick<TransferContext, 'checkpoint' | 'signal'>;
  readonly hand: Hand;
  readonly tell: (stats: SwarmStats) => void;
}

/**
 * Fetch an image from whoever has pieces of it, and give them to others meanwhile. When this settles the engine has let go of the file.
 *
 * @throws ImageError STALLED when no piece came for too long, CANCELLED, and those of the engine
 */
export async function joinSwarm(job: SwarmJob): Promise<SwarmStats> {
  const { engine, published, peers, path, hand, context } = job;
  const { infohash } = published.manifest;
  await context.checkpoint(0);
  const watch = new Watch(job);
  const options = { peers, limits: swarmLimits(hand.limits), lingerMs: 0, onProgress: (stats: SwarmStats) => watch.look(stats) };
  const reins = {
    pause: () => engine.pause(infohash),
    resume: () => engine.resume(infohash),
    limits: async (limits: Limits) => void (await engine.setLimits(infohash, swarmLimits(limits))),
  };
  const again = setInterval(() => void engine.addPeers(infohash, peers).catch(() => undefined), peersEveryMs);
  try {
    const transfer = await engine.add(published.manifest, published.torrent, path, options);
    return await hand.given(reins, () => transfer.complete(AbortSignal.any([context.signal, watch.stalled])));
  } catch (error) {
    throw context.signal.aborted ? joiningCancelled(context.signal) : watch.stalled.aborted ? watch.stalled.reason : error;
  } finally {
    clearInterval(again);
    await engine.remove(infohash);
  }
}

/** Tells how it is, and ends it when nothing comes any more. */
class Watch {
  readonly #job: SwarmJob;
  readonly #judge: StallJudge;
  readonly #stalled = new AbortController();

  constructor(job: SwarmJob) {
    this.#job = job;
    this.#judge = new StallJudge(job.stallMs, performance.now());
  }

  get stalled(): AbortSignal {
    return this.#stalled.signal;
  }

  look(stats: SwarmStats): void {
    const { tell, hand, stallMs } = this.#job;
    tell(stats);
    if (this.#judge.isStalled(stats, performance.now(), hand.limits.bandwidth)) this.#stalled.abort(swarmStalled(stats, stallMs));
  }
}

/** What a copy may take, it may take each way: nobody else can be asked to hold back for it. */
function swarmLimits({ bandwidth }: Limits): SwarmLimits {
  return bandwidth === undefined ? {} : { download: bandwidth, upload: bandwidth };
}
