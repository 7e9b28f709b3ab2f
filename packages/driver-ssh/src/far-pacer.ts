import type { Host, Limits } from '@image-api/driver';
import { inTime } from '@image-api/host';
import type { Hand } from '@image-api/host';
import type { Carrier } from './carrier.ts';
import { rateVariable } from './ssh-args.ts';
import { parseWord } from './ssh-progress.ts';
import type { Word } from './ssh-progress.ts';

export interface FarPacerOptions {
  /** Where the bytes go by. */
  readonly on: Host;
  /** A word that nobody else says. */
  readonly mark: string;
  /** In force from the first byte. */
  readonly limits: Limits;
  /** Called up to twenty times a second while bytes move. */
  readonly onMoved: () => void;
}

/** How long an order may take to get there and be answered, a new login included. */
const answerMs = 10_000;
/** Only to the pipe that was told of: by now another process may have that number. */
const orderScript = '[ "$(readlink "$1")" = "$2" ] && printf "%s\\n" "$3" >"$1"';

/** Our end of the script that hands on the bytes between two hosts: hears how many went by, and tells it how fast they may. */
export class FarPacer implements Carrier, Hand {
  sent = 0;
  readonly #options: FarPacerOptions;
  #bandwidth: number | undefined;
  #isPaused = false;
  #patience = 0;
  #number = 0;
  #inForce = 0;
  #state: 'waiting' | 'running' | 'over' = 'waiting';
  #hand: Extract<Word, { kind: 'hand' }> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(options: FarPacerOptions) {
    this.#options = options;
    this.#bandwidth = options.limits.bandwidth;
  }

  get progress(): number {
    if (this.#isPaused) this.#patience++;
    return this.sent + this.#patience;
  }

  begin(): Readonly<Record<string, string>> {
    this.#state = 'running';
    return { [rateVariable]: this.#rate };
  }

  hear(line: string): void {
    const word = parseWord(line, this.#options.mark);
    if (word?.kind === 'hand') this.#hand = word;
    if (word?.kind === 'sent') this.#advance(word.bytes, word.number);
    if (word) this.#look();
  }

  /** It is the shell over there that tells how all of it ended. */
  exit(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async pause(): Promise<void> {
    await this.#change({ isPaused: true });
  }

  async resume(): Promise<void> {
    await this.#change({ isPaused: false });
  }

  async setLimits({ bandwidth }: Limits): Promise<Limits> {
    await this.#change({ bandwidth });
    return bandwidth === undefined ? {} : { bandwidth };
  }

  /** Nobody need wait for an answer any more. */
  close(): void {
    this.#state = 'over';
    this.#look();
  }

  get #rate(): string {
    return this.#isPaused ? '0' : String(this.#bandwidth ?? '-');
  }

  /** What nobody answers to may have been heard all the same: it is taken back. */
  async #change(to: { readonly isPaused?: boolean; readonly bandwidth?: number | undefined }): Promise<void> {
    const before = { isPaused: this.#isPaused, bandwidth: this.#bandwidth };
    this.#set({ ...before, ...to });
    try {
      await this.#order();
    } catch (error) {
      this.#set(before);
      this.#order().catch(() => undefined);
      throw error;
    }
  }

  #set({ isPaused, bandwidth }: { readonly isPaused: boolean; readonly bandwidth: number | undefined }): void {
    this.#isPaused = isPaused;
    this.#bandwidth = bandwidth;
  }

  /** What is asked for before it runs is what it begins with. */
  async #order(): Promise<void> {
    if (this.#state === 'waiting') return;
    this.#number += 1;
    await inTime(this.#bringInForce(this.#number, this.#rate), answerMs);
  }

  async #bringInForce(number: number, rate: string): Promise<void> {
    await this.#until(() => this.#hand !== undefined);
    if (!this.#hand || this.#state === 'over') return;
    const { path, pipe } = this.#hand;
    // Heard twice it is the same order. One that does not get there is not in force, unless all is over.
    await this.#options.on.run('sh', ['-c', orderScript, 'sh', path, pipe, `${number} ${rate}`], { deadlineMs: answerMs, brief: true });
    await this.#until(() => this.#inForce >= number);
  }

  #advance(bytes: number, number: number): void {
    const moved = bytes > this.sent;
    this.sent = Math.max(this.sent, bytes);
    this.#inForce = Math.max(this.#inForce, number);
    if (moved) this.#options.onMoved();
  }

  #look(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Also resolves when it is over. */
  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#state !== 'over' && !isSo()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }
}
