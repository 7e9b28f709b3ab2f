import type { ResultLine } from '../result-lines.ts';

/** What `imagectl --json` tells while it runs, and when. */
export class Told {
  readonly lines: ResultLine[] = [];
  readonly #atMs = new Map<string, number>();
  readonly #startedAt = performance.now();
  #rest = '';
  #tellPlan: () => void = () => undefined;
  /** Resolves when the plan is told. */
  readonly plan: Promise<void> = new Promise((resolve) => (this.#tellPlan = resolve));

  /** The last line may be torn by a kill; then it was not told. */
  take(text: string): void {
    const pieces = (this.#rest + text).split('\n');
    this.#rest = pieces.pop() ?? '';
    for (const piece of pieces) this.#add(JSON.parse(piece) as ResultLine);
  }

  has(type: string): boolean {
    return this.#atMs.has(type);
  }

  /** Milliseconds after the start at which the first line of this type came. */
  atMs(type: string): number | undefined {
    return this.#atMs.get(type);
  }

  #add(line: ResultLine): void {
    this.lines.push(line);
    if (!this.has(line.type)) this.#atMs.set(line.type, performance.now() - this.#startedAt);
    if (line.type === 'plan') this.#tellPlan();
  }
}
