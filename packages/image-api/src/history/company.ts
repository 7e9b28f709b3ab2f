/** Knows which copies had the machine to themselves, as far as one process can tell. */
export class Company {
  readonly #present = new Set<{ alone: boolean }>();

  /** Do something, and tell whether nothing else was done here at any time meanwhile. */
  async during<T>(work: () => Promise<T>): Promise<{ readonly answer: T; readonly alone: boolean }> {
    const stay = { alone: this.#present.size === 0 };
    for (const other of this.#present) other.alone = false;
    this.#present.add(stay);
    try {
      const answer = await work();
      return { answer, alone: stay.alone };
    } finally {
      this.#present.delete(stay);
    }
  }
}
