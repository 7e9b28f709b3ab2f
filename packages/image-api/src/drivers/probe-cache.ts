import { isImageError } from '@image-api/driver';
import type { Availability, Driver, Environment, ImageError } from '@image-api/driver';
import { within } from '../run/within.ts';

/** What a driver found; with `fault`, when the machine was short of something, which says nothing of the driver. */
export type Probed = Availability & { readonly fault?: ImageError };

/** Remembers what each driver found on this machine, and does not wait for ever to hear it. */
export class ProbeCache {
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Promise<Probed> }>();
  readonly #options: { readonly deadlineMs: number; readonly keepMs: number; readonly now: () => number };

  constructor(options: { readonly deadlineMs?: number; readonly keepMs?: number; readonly now?: () => number } = {}) {
    this.#options = { deadlineMs: 10_000, keepMs: 60_000, now: () => performance.now(), ...options };
  }

  async probe(driver: Driver, env: Environment): Promise<Probed> {
    const { now, keepMs } = this.#options;
    const known = this.#answers.get(driver.id);
    if (known && now() - known.at < keepMs) return known.answer;
    const answer = this.#ask(driver, env);
    this.#answers.set(driver.id, { at: now(), answer });
    const probed = await answer;
    if (probed.fault && this.#answers.get(driver.id)?.answer === answer) this.#answers.delete(driver.id);
    return probed;
  }

  async #ask(driver: Driver, env: Environment): Promise<Probed> {
    try {
      return await within(this.#options.deadlineMs, driver.probe(env));
    } catch (error) {
      const reason = `its probe failed: ${error instanceof Error ? error.message : String(error)}`;
      return { available: false, reason, ...(isImageError(error) && error.code === 'RESOURCES' && { fault: error }) };
    }
  }
}
