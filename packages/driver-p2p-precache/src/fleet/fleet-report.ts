import type { ImageError } from '@image-api/driver';

/**
 * `connecting`: nothing is known of it yet. `waiting`: another is fetching the same image there. `checking`: the engine looks what it has already.
 * `verifying`: all has come and its digest is computed. `retrying`: it failed, and is tried again in a moment.
 */
export type HostState =
  | 'connecting'
  | 'waiting'
  | 'checking'
  | 'downloading'
  | 'verifying'
  | 'retrying'
  | 'succeeded'
  | 'failed'
  | 'cancelled';

/** How far one host is. */
export interface HostProgress {
  /** As the caller named it. */
  readonly host: string;
  readonly state: HostState;
  /** Bytes of the image, and how many of them are there and verified, those that never had to come among them. */
  readonly size: number;
  readonly verified: number;
  /** Bytes per second that come. */
  readonly rate: number;
  /** Why it failed, or is tried again. */
  readonly error?: ImageError;
}

/** What came of one host. Bytes of the image, as the engine counts them: what came twice, or wrong, counts. */
export interface HostReport {
  readonly host: string;
  /** `present`: the image was there already. */
  readonly outcome: 'fetched' | 'present' | 'failed' | 'cancelled';
  readonly seconds: number;
  readonly fromOrigin: number;
  readonly fromPeers: number;
  /** What never had to come: zeros; what an older image had; what an interrupted try had left. */
  readonly savedByZeros: number;
  readonly savedByOlder: number;
  readonly resumed: number;
  /** Of what came: bytes that were wrong, or there already. */
  readonly wasted: number;
  /** Addresses of those who sent it garbage, so that it had no more to do with them. */
  readonly banned: readonly string[];
  readonly error?: ImageError;
}

/** What came of all. */
export interface FleetReport {
  readonly sha256: string;
  readonly size: number;
  readonly seconds: number;
  /** Bytes of the image that went out of this machine. */
  readonly originSent: number;
  readonly hosts: readonly HostReport[];
}

/** How far all are. */
export interface FleetProgress {
  readonly hosts: readonly HostProgress[];
  readonly originSent: number;
  /** Bytes per second that go out of this machine. */
  readonly originRate: number;
}
