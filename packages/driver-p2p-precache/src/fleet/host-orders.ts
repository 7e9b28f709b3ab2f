import type { Host } from '@image-api/driver';
import type { SwarmLimits } from '../engine/swarm-engine.ts';
import type { FromCached } from './choose-older.ts';
import type { Content } from './far-entry.ts';
import type { EnginePlace } from './start-engine.ts';
import type { SwarmMembers } from './swarm-members.ts';

/** What all hosts of a fleet share. */
export interface HostOrders {
  readonly content: Content;
  readonly members: SwarmMembers;
  readonly cacheDir: string | undefined;
  readonly fromCached: FromCached;
  /** How long nothing may be verified, in milliseconds, and how long a host that cannot be reached is tried. */
  readonly patienceMs: number;
  /** How long an engine may take to answer, in milliseconds: one that takes longer hangs. */
  readonly answerMs: number;
  /** Until the hard end of what runs over there. */
  readonly seconds: () => number;
  /** As they are at the moment. */
  readonly limits: () => SwarmLimits;
  readonly isPaused: () => boolean;
  /** The way to a port of the loopback interface of a host. */
  readonly way: (host: Host, port: number) => ReturnType<EnginePlace['way']>;
  /** Somebody is about to fetch the image, and reached us by this address of ours. */
  readonly onNeed: (ourAddress: string) => void;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}
