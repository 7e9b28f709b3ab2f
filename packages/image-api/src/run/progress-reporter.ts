import type { Counters, ProgressUpdate } from '@image-api/driver';
import { ProgressMeter } from './progress-meter.ts';
import type { Progress } from './task.ts';

/** News is passed on at most this often. */
const intervalMs = 100;

const nothing: Counters = { bytesLogical: 0, bytesRead: 0, bytesSent: 0, bytesSkipped: 0 };

/** Turns what drivers report into the progress of a task: over all its attempts, with rate and time left. */
export class ProgressReporter {
  readonly #tell: (progress: Progress) => void;
  readonly #now: () => number;
  /** Of the attempts that are over. */
  #before: Counters = nothing;
  #counters: Counters = nothing;
  #meter: ProgressMeter;
  #phase = 'plan';
  #total: Progress['total'];
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (progress: Progress) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
    this.#meter = new ProgressMeter({ now });
  }

  get current(): Progress {
    const { rate, secondsLeft } = this.#meter.read(this.#total?.bytes);
    return {
      phase: this.#phase,
      ...this.#sum(),
      ...(this.#total && { total: this.#total }),
      rate,
      ...(secondsLeft !== undefined && { secondsLeft }),
    };
  }

  /** Bytes of the kind that a limit is charged for, over all attempts. Where a driver cannot count those on the wire, what it read must do. */
  charged(kind: 'wire' | 'image'): number {
    const { bytesSent, bytesRead } = this.#sum();
    return kind === 'wire' && bytesSent > 0 ? bytesSent : bytesRead;
  }

  /** The plan is made; `bytes` is the size of the source, where known. */
  begin(bytes: number | undefined): void {
    if (bytes !== undefined) this.#total = { bytes, certainty: 'exact' };
    this.phase('copy');
  }

  /** A new attempt begins to count anew; what was moved before stays on the bill. */
  attempt(): void {
    this.#before = { ...this.#sum(), bytesLogical: 0 };
    this.#counters = nothing;
    this.#meter = new ProgressMeter({ now: this.#now });
    this.phase('copy');
  }

  report({ phase, total, ...counters }: ProgressUpdate): void {
    if (phase !== undefined) this.#phase = phase;
    if (total) this.#total = total;
    this.#counters = highest(this.#counters, counters);
    this.#meter.add(this.#counters.bytesLogical);
    this.#soon();
  }

  phase(phase: string): void {
    this.#phase = phase;
    this.#soon();
  }

  /** Everything is there: the last counters of the last attempt are exact. Returns the bill. */
  finish(counters: Partial<Counters>): Counters {
    this.#counters = highest(this.#counters, { ...counters, ...(this.#total && { bytesLogical: this.#total.bytes }) });
    this.#phase = 'done';
    this.#flush();
    return this.#sum();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sum(): Counters {
    return {
      bytesLogical: this.#counters.bytesLogical,
      bytesRead: this.#before.bytesRead + this.#counters.bytesRead,
      bytesSent: this.#before.bytesSent + this.#counters.bytesSent,
      bytesSkipped: this.#before.bytesSkipped + this.#counters.bytesSkipped,
      ...onDemand(this.#before, this.#counters, (before, now) => before + now),
    };
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#flush(), intervalMs);
  }

  #flush(): void {
    this.stop();
    this.#tell(this.current);
  }
}

/** Tools round and repeat themselves; a counter that went down would be a lie. */
function highest(known: Counters, update: Partial<Counters>): Counters {
  return {
    bytesLogical: Math.max(known.bytesLogical, update.bytesLogical ?? 0),
    bytesRead: Math.max(known.bytesRead, update.bytesRead ?? 0),
    bytesSent: Math.max(known.bytesSent, update.bytesSent ?? 0),
    bytesSkipped: Math.max(known.bytesSkipped, update.bytesSkipped ?? 0),
    ...onDemand(known, update, Math.max),
  };
}

/** Told only where a driver tells it. */
function onDemand(
  { bytesOnDemand: one }: Partial<Counters>,
  { bytesOnDemand: other }: Partial<Counters>,
  together: (one: number, other: number) => number,
): Pick<Counters, 'bytesOnDemand'> {
  return one === undefined && other === undefined ? {} : { bytesOnDemand: together(one ?? 0, other ?? 0) };
}
