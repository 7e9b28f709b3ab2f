import type { Extent } from '@image-api/host';
import { lengthOf, union, within, without } from './extents.ts';

/** What an overlay holds, from some place on. */
export interface OverlayParts {
  /** What is in it by now, wherever it came from. */
  readonly there: readonly Extent[];
  /** Of the disk, what a guest wrote to: no source has it. */
  readonly written: readonly Extent[];
}

/**
 * Tells what came from a source because somebody read there from what the background brought. QEMU counts neither; but what is there ahead
 * of the background, and was not before, and nobody wrote, was read. All in bytes of the disk.
 */
export class FetchCount {
  /** What came because it was read. */
  onDemand = 0;
  /** What the background brought, or passed over too soon after somebody else had it come to tell. */
  #brought = 0;
  /** Ahead of the background, what it will pass over. */
  #known: readonly Extent[] = [];
  #position = 0;

  /** All that came. */
  get fetched(): number {
    return this.#brought + this.onDemand;
  }

  /** Where the background is. */
  get position(): number {
    return this.#position;
  }

  /** The background begins, or begins anew, at the front; this is there already. */
  begin(there: readonly Extent[]): void {
    this.#known = there;
    this.#position = 0;
  }

  /** The background has come so far. */
  advance(to: number): void {
    if (to <= this.#position) return;
    this.#brought += to - this.#position - lengthOf(within(this.#known, this.#position, to));
    this.#position = to;
    this.#known = within(this.#known, to, Infinity);
  }

  /**
   * That is how it is now.
   *
   * @param from what the background may be at just now lies before that
   */
  look({ there, written }: OverlayParts, from: number): void {
    const ahead = within(there, from, Infinity);
    this.onDemand += lengthOf(without(without(ahead, this.#known), written));
    this.#known = union(this.#known, ahead);
  }
}
