import type { StreamProgress } from './messages.ts';

interface Fetched {
  readonly bytesRead: number;
  readonly bytesOnDemand: number;
}

/** What has come since the lease began: a try counts from nothing on, and its keeper may be older. */
export class FetchNews {
  readonly #source: { readonly bytesRead: number | undefined };
  readonly #fetches: { readonly fetched: number; readonly onDemand: number };
  readonly #size: number;
  #before: Fetched = { bytesRead: 0, bytesOnDemand: 0 };
  #position = 0;

  constructor(
    source: { readonly bytesRead: number | undefined },
    fetches: { readonly fetched: number; readonly onDemand: number },
    size: number,
  ) {
    this.#source = source;
    this.#fetches = fetches;
    this.#size = size;
  }

  /** The lease begins. */
  begin(): void {
    this.#before = this.#all;
    this.#position = 0;
  }

  /** @param position of the background. Default: where it was */
  progress(position: number = this.#position): StreamProgress {
    this.#position = position;
    const { bytesRead, bytesOnDemand } = this.#all;
    return {
      offset: Math.min(this.#size, position),
      size: this.#size,
      bytesRead: bytesRead - this.#before.bytesRead,
      bytesOnDemand: bytesOnDemand - this.#before.bytesOnDemand,
    };
  }

  /** What QEMU reads by itself is known by what is there then. */
  get #all(): Fetched {
    return { bytesRead: this.#source.bytesRead ?? this.#fetches.fetched, bytesOnDemand: this.#fetches.onDemand };
  }
}
