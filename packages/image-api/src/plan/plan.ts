import type { AcceptedOffer, Facts, Limits, PlannedCommand } from '@image-api/driver';
import type { VerifyMode } from '../copy-options.ts';
import type { EstimateBasis } from '../history/estimate.ts';

/** The question at which a driver dropped out. */
export type DropStage = 'rule' | 'route' | 'need' | 'probe' | 'offer';

/** A driver's place in a plan. */
export type Candidate =
  | {
      readonly driver: string;
      readonly accepted: true;
      /** 1 is the winner. */
      readonly rank: number;
      /** How long it will take; candidates are ranked by it. */
      readonly seconds: number;
      /** How that estimate came about. */
      readonly basis: EstimateBasis;
      readonly reason: string;
      /** The exact commands it will run, in order. */
      readonly commands: readonly PlannedCommand[];
      /** The limits as they will really be kept. */
      readonly limits: Limits;
      readonly charged?: AcceptedOffer['charged'];
      readonly notes: readonly string[];
    }
  | { readonly driver: string; readonly accepted: false; readonly stage: DropStage; readonly reason: string };

/** One end of a plan: plain data. */
export interface PlannedEndpoint {
  readonly href: string;
  readonly facts: Facts;
  /** `Host.id`, absent where no host can look. */
  readonly host?: string;
}

/**
 * The drivers ranked for one request, and the reason each one won or lost. Plain data: it survives JSON.
 */
export interface Plan {
  readonly from: PlannedEndpoint;
  readonly to: PlannedEndpoint;
  /** Where bytes are written first; equal to `to.href` for a copy in place. */
  readonly staging: string;
  /** The winner's id; absent when nobody can. */
  readonly driver?: string;
  /** Winners by rank first, then the others in config order. */
  readonly candidates: readonly Candidate[];
  /** What was asked for. */
  readonly limits: Limits;
  /** Where the limit came from. */
  readonly limitsFrom?: 'option' | 'rule' | 'config';
  /** The limit is the budget of this group, of which the copy gets a share. */
  readonly group?: string;
  /** The limit is only the most it may be: it follows the pressure on this machine's disks. */
  readonly auto?: true;
  /** The rules that applied, as `rule 1 (to ssh://**)`. */
  readonly rules: readonly string[];
  /** Bytes needed and free at the destination, where known. */
  readonly space?: { readonly needed: number; readonly free: number };
  readonly verify: VerifyMode;
  /** `atomic`: old or new, never a mixture. `in-place`: a failure leaves the destination undefined. */
  readonly publish: 'atomic' | 'in-place';
  /** What the user should know beforehand: `unencrypted`, `not atomic`… */
  readonly notes: readonly string[];
}
