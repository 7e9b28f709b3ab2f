/** What is being read: each ended by whoever asked for it, or all at once. */
export class PendingReads {
  readonly #all = new Set<AbortController>();
  /** Of many reads under one signal only one listens to it: Node warns of more than a few listeners. */
  readonly #followers = new Map<AbortSignal, Followers>();
  #end: { readonly reason: unknown } | undefined;

  /** Read under a signal of its own, which is aborted with `outer`, and by `endAll`. */
  async run<T>(outer: AbortSignal | undefined, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const own = new AbortController();
    this.#all.add(own);
    if (outer) this.#follow(outer, own);
    if (this.#end) own.abort(this.#end.reason);
    else if (outer?.aborted) own.abort(outer.reason);
    try {
      return await read(own.signal);
    } finally {
      this.#all.delete(own);
      if (outer) this.#leave(outer, own);
    }
  }

  /** What comes later is ended at once. */
  endAll(reason: unknown): void {
    this.#end ??= { reason };
    for (const each of this.#all) each.abort(reason);
  }

  #follow(outer: AbortSignal, own: AbortController): void {
    const known = this.#followers.get(outer);
    if (known) return void known.all.add(own);
    const all = new Set([own]);
    const listener = (): void => all.forEach((each) => each.abort(outer.reason));
    outer.addEventListener('abort', listener);
    this.#followers.set(outer, { all, listener });
  }

  #leave(outer: AbortSignal, own: AbortController): void {
    const known = this.#followers.get(outer);
    if (!known?.all.delete(own) || known.all.size > 0) return;
    outer.removeEventListener('abort', known.listener);
    this.#followers.delete(outer);
  }
}

interface Followers {
  readonly all: Set<AbortController>;
  readonly listener: () => void;
}
