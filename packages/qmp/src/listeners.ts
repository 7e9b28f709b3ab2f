/** Those who want to hear something. */
export class Listeners<Heard> {
  readonly #listeners = new Set<{ readonly hear: (heard: Heard) => unknown }>();

  /** @returns ends it */
  add(hear: (heard: Heard) => unknown): () => void {
    const entry = { hear };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  tell(heard: Heard): void {
    for (const entry of [...this.#listeners]) if (this.#listeners.has(entry)) entry.hear(heard);
  }
}
