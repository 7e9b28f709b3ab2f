import type { Capabilities, Driver, Environment, ImageFormat } from '@image-api/driver';
import type { Hosts } from '@image-api/host';
import type { ConformanceOptions } from '../conformance-options.ts';
import type { Content } from '../content/content.ts';
import type { Stage } from '../stage.ts';
import type { Breach, Rule } from './breach.ts';
import type { EndpointLook } from './endpoint-look.ts';
import { StagedCopy } from './staged-copy.ts';

export interface HarnessInput {
  readonly options: ConformanceOptions;
  readonly hosts: Hosts;
  /** Of all tests of this run so far. */
  readonly breaches: Breach[];
  /** What was done once for all tests of this run. */
  readonly done: Map<string, Promise<void>>;
  readonly look: EndpointLook;
  readonly testName: string;
}

export interface StagingOptions {
  readonly format?: ImageFormat;
  /** Done after the ends were put up and before the staging file is made. */
  readonly prepare?: (stage: Stage) => Promise<void>;
}

/** What one test has: a fresh driver, and the core's part played for it. */
export class Harness {
  readonly driver: Driver;
  readonly env: Environment;
  readonly #input: HarnessInput;
  readonly #stages: Stage[] = [];

  constructor(input: HarnessInput) {
    this.#input = input;
    this.driver = input.options.create();
    this.env = { local: input.hosts.local, logger: { debug: () => undefined, warn: () => undefined } };
  }

  get inPlace(): boolean {
    return this.#input.options.inPlace === true;
  }

  /** How much later than at once things happen on this route, in milliseconds. */
  get lagMs(): number {
    return this.#input.options.lagMs ?? 0;
  }

  get capabilities(): Capabilities {
    return this.driver.capabilities;
  }

  /** Another one, made the same way. The test disposes it. */
  createDriver(): Driver {
    return this.#input.options.create();
  }

  /** Put up a copy of this content. */
  async stage(content: Content, { format = 'raw', prepare }: StagingOptions = {}): Promise<StagedCopy> {
    const stage = await this.#input.options.stage(content, this.#input.hosts);
    this.#stages.push(stage);
    await prepare?.(stage);
    const copy = new StagedCopy({
      driver: this.driver,
      env: this.env,
      look: this.#input.look,
      stage,
      content,
      inPlace: this.inPlace,
      format,
      toFormat: this.#input.options.toFormat,
      tell: this.tell,
    });
    await copy.makeStagingFile();
    return copy;
  }

  readonly tell = (of: Rule, seen: string): void => {
    this.#input.breaches.push({ of, seen: `${seen} (in "${this.#input.testName}")` });
  };

  /** What was seen against a rule, in this test and in those before it. */
  breachesOf(rule: Rule): string[] {
    return this.#input.breaches.filter(({ of }) => of === rule).map(({ seen }) => seen);
  }

  /** Do it unless a test of this run did it before. */
  once(what: string, work: () => Promise<void>): Promise<void> {
    const doing = this.#input.done.get(what) ?? work();
    this.#input.done.set(what, doing);
    return doing;
  }

  /** Take everything down that the test put up. */
  async close(): Promise<void> {
    await this.driver.dispose?.();
    await Promise.all(this.#stages.map((stage) => stage.remove()));
  }
}
