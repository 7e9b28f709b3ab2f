import type { Digest, Endpoint, Facts } from './endpoint.ts';
import type { Priority } from './limits.ts';

/** An image that a copy has just brought to this machine. */
export interface ArrivedImage {
  /**
   * The file it is, published: whoever wanted it may write to it from now on, or remove it. What is made of it must be checked by `digest` when
   * it is made.
   */
  readonly path: string;
  readonly facts: Facts;
  /** What the caller said beforehand that it would have, and what it was found to have before it got its name. */
  readonly digest: Digest;
  /** Where it came from. */
  readonly from: Endpoint;
  /** How the copy was asked to behave towards everything else on this machine. */
  readonly priority: Priority;
}
