import type { Limits } from '@image-api/driver';
import type { LimitSource } from '../limits/limit-source.ts';
import type { GroupMember } from '../limits/group-member.ts';
import type { Controls } from './controls.ts';
import type { TaskLimits } from './task.ts';

/** What watches over a limit that moves; `undefined` for one that stands still. */
export type OpenSource = (wanted: TaskLimits) => LimitSource | GroupMember | undefined;

/**
 * Keeps the limit of a task what it is meant to be: a number, a share of a group's budget, or what the pressure on the machine leaves. Drivers
 * see only plain numbers.
 */
export class LimitKeeper {
  readonly #open: OpenSource;
  readonly #tell: (limits: Limits, reason: string) => void;
  #source: LimitSource | GroupMember | undefined;
  #group: string | undefined;
  #moved = 0;

  constructor(open: OpenSource, tell: (limits: Limits, reason: string) => void) {
    this.#open = open;
    this.#tell = tell;
  }

  /** Before the first byte: wait for a share, and let the transfer begin with it. Rejects with CANCELLED. */
  async begin(wanted: TaskLimits, controls: Controls, signal: AbortSignal): Promise<void> {
    const source = this.#enter(wanted);
    if (!source) return;
    controls.preset(limitsOf(await source.begin(signal)));
    this.#follow(source, controls);
  }

  /** Put another limit in the place of the one there is. Rejects with UNSUPPORTED where the driver cannot. */
  async change(wanted: TaskLimits, controls: Controls, driver: string, signal: AbortSignal): Promise<Limits> {
    controls.checkLimitable(driver);
    if (wanted.group !== undefined && wanted.group === this.#group && this.#source && 'setBudget' in this.#source) {
      await this.#source.setBudget(wanted.bandwidth);
      return controls.limits;
    }
    await this.close();
    const source = this.#enter(wanted);
    const begun = source ? limitsOf(await source.begin(signal)) : limitsOf(wanted.bandwidth);
    const inForce = await controls.setLimits(begun, driver);
    if (source) this.#follow(source, controls);
    return inForce;
  }

  /** @param total bytes of the kind that is charged, since the task began */
  moved(total: number): void {
    const more = total - this.#moved;
    this.#moved = Math.max(this.#moved, total);
    if (more > 0) this.#source?.moved(more);
  }

  paused(isPaused: boolean): void {
    this.#source?.paused(isPaused);
  }

  async close(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    this.#group = undefined;
    await source?.close();
  }

  #enter(wanted: TaskLimits): LimitSource | GroupMember | undefined {
    this.#source = this.#open(wanted);
    this.#group = wanted.group;
    return this.#source;
  }

  #follow(source: LimitSource, controls: Controls): void {
    source.follow(({ bandwidth, reason, isPassing }) => {
      void controls.follow(limitsOf(bandwidth)).then(
        // What comes and goes every other second would bury everything else that is told of a long copy.
        (inForce) => isPassing || this.#tell(inForce, reason),
        // A driver that is just ending takes no more changes, and the next attempt begins with what is preset.
        () => undefined,
      );
    });
  }
}

function limitsOf(bandwidth: number | undefined): Limits {
  return bandwidth === undefined ? {} : { bandwidth };
}
