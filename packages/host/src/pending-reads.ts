/** What is being read: each ended by whoever asked for it, or all at once. */
export class PendingReads {
  readonly #all = new Set<AbortController>();
  #end: { readonly reason: unknown } | undefined;

  /** Read under a signal of its own, which is aborted with `outer`, and by `endAll`. */
  async run<T>(outer: AbortSignal | undefined, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const own = new AbortController();
    const follow = (): void => own.abort(outer?.reason);
    this.#all.add(own);
    outer?.addEventListener('abort', follow);
    if (this.#end) own.abort(this.#end.reason);
    else if (outer?.aborted) follow();
    try {
      return await read(own.signal);
    } finally {
      this.#all.delete(own);
      outer?.removeEventListener('abort', follow);
    }
  }

  /** What comes later is ended at once. */
  endAll(reason: unknown): void {
    this.#end ??= { reason };
    for (const each of this.#all) each.abort(reason);
  }
}
