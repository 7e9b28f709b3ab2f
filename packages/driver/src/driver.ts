import type { ArrivedImage } from './arrived.ts';
import type { Capabilities } from './capabilities.ts';
import type { Availability, Environment } from './environment.ts';
import type { Offer, OfferContext } from './offer.ts';
import type { TransferRequest } from './request.ts';
import type { TransferContext, TransferReport } from './transfer.ts';

/**
 * One way of moving bytes. Questions, from cheap to dear, each asked only when the one before it was answered well:
 *
 * | question | member | looks at | may change things |
 * |---|---|---|---|
 * | could you ever? | `capabilities` | nothing | no |
 * | never for such as this? | `refuses`, optional | the request | no |
 * | can you here? | `probe` | this machine | no |
 * | will you, for this? | `offer` | the request, both hosts | no |
 * | do it | `transfer` | | yes |
 *
 * ```
 *  defineDriver ─► probe ─► offer ─► transfer ─► (core: verify, sync, publish) ─► … ─► dispose
 *                  cached   per copy   │ report()*  ready()?  checkpoint()*
 *                                      └ ends by: report · ImageError · signal
 * ```
 *
 * None of the methods but `refuses` throws: what is wrong is told by rejecting.
 *
 * A driver writes to `request.to` and to nothing else. The core does staging, the safety check, verification, sync, rename and
 * clean-up, once, for all drivers.
 */
export interface Driver {
  /** The version of this contract the driver was written for. */
  readonly specVersion: 1;
  /** kebab-case; the name configuration and plans use. */
  readonly id: string;
  readonly capabilities: Capabilities;
  /**
   * Why the driver will not do this, whatever is here and over there; `undefined` when it might. Asked, where it is there, before `probe`,
   * so that nothing is looked for in vain. Pure: judges by what the request says, and `offer` says the same.
   *
   * @throws ImageError BAD_OPTION, as `offer` rejects
   */
  refuses?(request: TransferRequest): string | undefined;
  /**
   * Is what the driver needs here? Reads only. The core caches the answer and gives up waiting after a deadline.
   */
  probe(env: Environment): Promise<Availability>;
  /** Will you do this, and how? Reads only, and fast: a second at the most. See `Offer` for what a rejection means. */
  offer(request: TransferRequest, context: OfferContext): Promise<Offer>;
  /**
   * Move the bytes to `request.to`.
   *
   * Resolves when all of them are there (not necessarily on disk yet: the core syncs). Rejects with an `ImageError`;
   * `untouched: true` on it promises that no byte was written to `request.to`, and only then may another driver be tried.
   * After `context.signal` is aborted it rejects with `CANCELLED` within two seconds. When it settles, nothing of it is left:
   * no child, no socket, no file but `request.to`.
   */
  transfer(request: TransferRequest, context: TransferContext): Promise<TransferReport>;
  /** Put the content near, ahead of a copy. Required by the claim `cache`. */
  fill?(request: TransferRequest, context: TransferContext): Promise<TransferReport>;
  /**
   * A copy has brought an image to a file of this machine, whichever driver moved it; its sha256 was known beforehand and is right. For who keeps
   * images near: the next copy of it costs nothing. Called once it is published, and only where `probe` said yes; the result of the copy waits
   * for it.
   *
   * It leaves the file as it is. Whatever it rejects with becomes a warning in the result of the copy, which has succeeded. After
   * `context.signal` is aborted it settles within two seconds. When it settles, nothing of it is left but what it keeps.
   */
  arrived?(image: ArrivedImage, context: Pick<OfferContext, 'env' | 'signal'>): Promise<void>;
  /** End everything that outlives a transfer. Called once, when the instance it belongs to is disposed. */
  dispose?(): Promise<void>;
}

/**
 * Check and freeze a driver. Factories return what this returns.
 *
 * @throws TypeError when the id is not kebab-case, no route is given, or a claim lacks its method: mistakes of the driver's author.
 */
export function defineDriver(driver: Driver): Driver {
  if (driver.specVersion !== 1)
    throw new TypeError(`driver ${driver.id}: specVersion ${String(driver.specVersion)} is not known, only 1 is`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(driver.id)) throw new TypeError(`driver id ${JSON.stringify(driver.id)} is not kebab-case`);
  if (driver.capabilities.routes.length === 0) throw new TypeError(`driver ${driver.id} has no route`);
  if (driver.capabilities.cache && !driver.fill) throw new TypeError(`driver ${driver.id} claims cache but has no fill()`);
  deepFreeze(driver.capabilities);
  return driver;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
