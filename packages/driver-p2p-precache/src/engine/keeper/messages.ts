import type { Manifest } from '../../manifest/manifest.ts';
import type { AddOptions, SwarmLimits, SwarmPeer } from '../swarm-engine.ts';

/** What a process that uses the engine tells its keeper. Each is answered. */
export type SwarmOrder =
  /** Answered with where it listens. */
  | { readonly do: 'greet' }
  /** `torrent` in base64. */
  | { readonly do: 'add'; readonly manifest: Manifest; readonly torrent: string; readonly path: string; readonly options: KeptOptions }
  | { readonly do: 'peers'; readonly infohash: string; readonly peers: readonly SwarmPeer[] }
  | { readonly do: 'limits'; readonly infohash: string; readonly limits: SwarmLimits }
  | { readonly do: 'move'; readonly infohash: string; readonly path: string }
  | { readonly do: 'stats' | 'pause' | 'resume' | 'remove'; readonly infohash: string };

/** What of the options is for the keeper. */
export type KeptOptions = Omit<AddOptions, 'onProgress'>;

/** The torrent of the largest image, several times. */
export const longestMessage: number = 64 * 1024 * 1024;
