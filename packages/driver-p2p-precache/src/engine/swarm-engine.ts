import type { Manifest } from '../manifest/manifest.ts';
import type { PieceRange } from '../manifest/zero-pieces.ts';

/** Where a member of a swarm listens. */
export interface SwarmPeer {
  /** An address, or a name that this machine can look up. */
  readonly host: string;
  readonly port: number;
}

/** Bytes per second. The whole set: a field that is absent is not limited. */
export interface SwarmLimits {
  readonly download?: number;
  readonly upload?: number;
}

/**
 * `checking`: what the file holds already is being hashed; nothing moves. `paused`: nothing moves until `resume`. `failed`: nothing moves any
 * more, `failure` says why.
 */
export type SwarmState = 'checking' | 'downloading' | 'seeding' | 'paused' | 'failed';

/** One that is connected. */
export interface PeerStats {
  /** `192.0.2.7:6881`; the port of whoever called us is not the one it listens on. */
  readonly address: string;
  /** Bytes per second, from it and to it. */
  readonly download: number;
  readonly upload: number;
  /** Bytes that came from it, and that went to it, over this connection. */
  readonly downloaded: number;
  readonly uploaded: number;
  /** How much of the image it has, 0 to 1. */
  readonly progress: number;
}

/** How an image is doing in its swarm. */
export interface SwarmStats {
  readonly state: SwarmState;
  /** In words of the engine, where it failed. */
  readonly failure?: string;
  readonly size: number;
  /** Bytes here that were verified, those that never had to come among them. */
  readonly verified: number;
  readonly pieces: { readonly verified: number; readonly total: number };
  /** What is not here, by the numbers of the pieces. */
  readonly missing: readonly PieceRange[];
  /** Bytes of the image that came, and that went, since it was added; those that were of no use count. */
  readonly downloaded: number;
  readonly uploaded: number;
  /** Of what came: bytes that were wrong, or here already. */
  readonly wasted: number;
  /** Bytes per second. */
  readonly downloadRate: number;
  readonly uploadRate: number;
  /**
   * Whole copies in the part of the swarm that can be seen from here, ours among them; with the fraction of the pieces of which there is one more.
   * Below 1, nobody in sight has the rest. Absent where the engine cannot tell.
   */
  readonly availability?: number;
  readonly peers: readonly PeerStats[];
}

export interface AddOptions {
  readonly limits?: SwarmLimits;
  readonly peers?: readonly SwarmPeer[];
  /**
   * The file is whole and known to be right: it is not hashed before it is handed out, but each piece when it first is. Default false.
   *
   * It must be one that nobody writes to, such as one of the cache: a piece of it that is not right any more is fetched anew like any other.
   */
  readonly seedOnly?: boolean;
  /** How long the image is still given to others when whoever added it has gone, in milliseconds, at most a week. Default 600000. */
  readonly lingerMs?: number;
  /** A directory of the cache in which it is noted that the image is in use, as long as the engine has it. */
  readonly leases?: string;
  /** Told now and then how it is doing, until it is complete or somebody lets go of it. */
  readonly onProgress?: (stats: SwarmStats) => void;
}

/** An image that was added. */
export interface Transfer {
  readonly infohash: string;
  /**
   * Resolves when every piece is here and was verified.
   *
   * @throws ImageError what the engine says of the disk or the file, TOOL_FAILED when the image was removed, CANCELLED
   */
  complete(signal?: AbortSignal): Promise<SwarmStats>;
}

/**
 * Moves images in swarms. Many may be at work at once. It has no opinion on what is worth moving: it finds no peers, judges no stall, and trusts
 * nobody but the manifest.
 *
 * Everything throws an `ImageError`: UNREACHABLE, retryable, when the engine does not answer; TOOL_FAILED in its words.
 */
export interface SwarmEngine {
  /** Where peers can reach it. */
  readonly listening: SwarmPeer;
  /**
   * Fetch an image into a file, and hand it to others, when complete for as long as somebody wants it. What the file holds already is hashed
   * first and not fetched; where there is no file it is made, sparse. What was added already is only given the new limits and peers.
   *
   * @param torrent what the manifest names; nothing else in it is used
   * @throws ImageError VERIFY_FAILED when it is not
   */
  add(manifest: Manifest, torrent: Uint8Array, path: string, options?: AddOptions): Promise<Transfer>;
  addPeers(infohash: string, peers: readonly SwarmPeer[]): Promise<void>;
  /**
   * Answers what is in force: the engine may have coarser steps.
   *
   * @param infohash of one image, or `all` for what they may take together
   */
  setLimits(infohash: string, limits: SwarmLimits): Promise<SwarmLimits>;
  /** @throws ImageError SOURCE_MISSING when it has no such image */
  stats(infohash: string): Promise<SwarmStats>;
  /**
   * The file has another name now, or is about to have. As long as it has both, nobody who is just being served notices.
   */
  move(infohash: string, path: string): Promise<void>;
  /** Within a second nothing moves any more, either way. */
  pause(infohash: string): Promise<void>;
  resume(infohash: string): Promise<void>;
  /** Who added it does not want it any more; others may. The file stays where it is. Harmless when there is no such image. */
  remove(infohash: string): Promise<void>;
  /** Let go of it: what was added goes on for as long as it was to linger. */
  dispose(): Promise<void>;
}
