import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import type { ConformanceOptions } from '../conformance-options.ts';
import type { Breach } from './breach.ts';
import { EndpointLook } from './endpoint-look.ts';
import { Harness } from './harness.ts';

/** One run of the suite for one driver: what its tests share. */
export class Session {
  readonly #options: ConformanceOptions;
  readonly #hosts: Hosts;
  readonly #breaches: Breach[] = [];
  readonly #look = new EndpointLook();
  readonly #done = new Map<string, Promise<void>>();

  constructor(options: ConformanceOptions) {
    this.#options = options;
    this.#hosts = options.hosts?.() ?? createHosts();
  }

  /** A fresh driver, and what a test needs to try it. */
  harness(testName: string): Harness {
    return new Harness({
      options: this.#options,
      hosts: this.#hosts,
      breaches: this.#breaches,
      done: this.#done,
      look: this.#look,
      testName,
    });
  }

  async close(): Promise<void> {
    await this.#hosts.close();
  }
}
