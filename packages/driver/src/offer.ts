import type { Environment } from './environment.ts';
import type { Host } from './host.ts';
import type { Limits } from './limits.ts';

/** What a driver may use to answer an offer: reading only. */
export interface OfferContext {
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** The machines both ends live on; absent where no host can look (a web server, an rsync daemon). */
  readonly hosts: { readonly from?: Host; readonly to?: Host };
}

/**
 * Will you, for this request? A refusal is an ordinary answer. An offer *rejects* only when it found out that the copy is impossible
 * for anybody: an `ImageError` with origin `source` or `destination` (there is no such file on the rsync daemon). If no driver
 * accepts, that error wins over `NO_DRIVER`.
 */
export type Offer = AcceptedOffer | { readonly accept: false; /** Words a user can act on. */ readonly reason: string };

export interface AcceptedOffer {
  readonly accept: true;
  /**
   * An honest estimate of the time the transfer will take, by what the driver knows of the image and of its tools. Drivers are ranked by it,
   * once the core has corrected it by what earlier copies on the same route took.
   */
  readonly seconds: number;
  /**
   * Which of its ways this is, in a word that stays the same, for a driver that has several whose guesses may be off in different ways: what comes from a
   * cache says nothing of the network. What earlier copies took is remembered for each. Default: it has only one.
   */
  readonly way?: string;
  /** Why this is a good way: one phrase for the plan. */
  readonly reason: string;
  /** The exact commands, in order, that `transfer` will run. */
  readonly commands: readonly PlannedCommand[];
  /** The limits as the tool will really enforce them, after rounding down to its step. Absent without a limit. */
  readonly limits?: Limits;
  /** What the limit is charged for. Say it where `limits` is given. */
  readonly charged?: 'wire' | 'image';
  /** Bytes the destination must have free. Default: the size of the source. */
  readonly space?: number;
  /** Anything the user should know beforehand: `holes are filled`, `unencrypted`, `straight from a to b`. */
  readonly notes?: readonly string[];
}

/** One command of a plan. For people and for tests; nothing parses it. */
export interface PlannedCommand {
  /** `Host.id` of the machine it runs on. */
  readonly host: string;
  readonly tool: string;
  readonly args: readonly string[];
}
