import type { Availability, Driver, Environment } from '@image-api/driver';
import { within } from '../run/within.ts';

/** Remembers what each driver found on this machine, and does not wait for ever to hear it. */
export class ProbeCache {
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Promise<Availability> }>();
  readonly #options: { readonly deadlineMs: number; readonly keepMs: number; readonly now: () => number };

  constructor(options: { readonly deadlineMs?: number; readonly keepMs?: number; readonly now?: () => number } = {}) {
    this.#options = { deadlineMs: 10_000, keepMs: 60_000, now: () => performance.now(), ...options };
  }

  probe(driver: Driver, env: Environment): Promise<Availability> {
    const { now, keepMs } = this.#options;
    const known = this.#answers.get(driver.id);
    if (known && now() - known.at < keepMs) return known.answer;
    const answer = this.#ask(driver, env);
    this.#answers.set(driver.id, { at: now(), answer });
    return answer;
  }

  async #ask(driver: Driver, env: Environment): Promise<Availability> {
    try {
      return await within(this.#options.deadlineMs, driver.probe(env));
    } catch (error) {
      return { available: false, reason: `its probe failed: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
}
