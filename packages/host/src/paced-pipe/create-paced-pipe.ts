import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';
import { createPrivateDirectory } from '../private-directory.ts';
import { nodeVariable, socketVariable } from './messages.ts';
import type { ProgramEnd, PumpCounters } from './messages.ts';
import { inTime } from './in-time.ts';
import { paceProgram } from './pace-program.ts';
import { PumpLine } from './pump-line.ts';

export interface PacedPipeOptions {
  /** In force from the first byte, in each direction. */
  readonly limits: Limits;
  /** Called up to twenty times a second while bytes move. */
  readonly onMoved?: () => void;
}

/** How long what a pump said last may take to be heard. */
const lastWordMs = 500;
/** How long a pump may take to answer, on a machine that is busy. One that is stopped never does. */
const answerMs = 3000;

/**
 * Make a pipe that keeps a limit: a program to be put between a tool and its ssh, and the hand that steers it.
 *
 * Give a tool `environment`, and `paceProgram()` where it takes the name of an ssh: rsync as the first word of `-e`, scp as `-S`.
 *
 * @throws ImageError `TOOL_MISSING` where the program cannot be run, `BAD_OPTION` without a place for its socket
 */
export async function createPacedPipe(options: PacedPipeOptions): Promise<PacedPipe> {
  insistOnProgram();
  const directory = createPrivateDirectory();
  const path = join(directory.path, 'pace');
  const server = createServer();
  try {
    server.listen(path);
    await once(server, 'listening');
  } catch (error) {
    directory.remove();
    throw error;
  }
  return new PacedPipe(server, path, directory.remove, options);
}

/** A limit that holds for the bytes of one tool, can be changed while they move, and can be closed altogether. */
export class PacedPipe {
  /** What the program needs to find us: to be added to the environment of the tool. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: Server;
  readonly #removeDirectory: () => void;
  readonly #lines: PumpLine[] = [];
  #settings: { readonly rate: number | null; readonly paused: boolean };
  #isHeld = false;
  #number = 0;
  #patience = 0;

  constructor(server: Server, path: string, removeDirectory: () => void, { limits, onMoved = () => undefined }: PacedPipeOptions) {
    this.environment = { [socketVariable]: path, [nodeVariable]: process.execPath };
    this.#server = server;
    this.#removeDirectory = removeDirectory;
    this.#settings = { rate: limits.bandwidth ?? null, paused: false };
    server.on('connection', (socket) => {
      const line = new PumpLine(socket, onMoved);
      this.#lines.push(line);
      void line.set({ number: this.#number, ...this.#inForce });
    });
  }

  /** Bytes that went by so far. */
  get counters(): PumpCounters {
    const sum = (direction: keyof PumpCounters): number => this.#lines.reduce((total, { counters }) => total + counters[direction], 0);
    return { up: sum('up'), down: sum('down') };
  }

  /** A number that changes while all is well: bytes move, or are not meant to. For `RunOptions.progress`. */
  get progress(): number {
    if (this.#settings.paused) this.#patience++;
    const { up, down } = this.counters;
    return up + down + this.#patience;
  }

  /**
   * Put other limits in the place of those there are. Resolves with what is in force, as soon as it is.
   *
   * @throws ImageError `STALLED` where the program does not answer; what was asked for is then in force as soon as it goes on
   */
  async setLimits({ bandwidth }: Limits): Promise<Limits> {
    await this.#set({ ...this.#settings, rate: bandwidth ?? null });
    return bandwidth === undefined ? {} : { bandwidth };
  }

  /** Resolves when nothing goes any more; the connection stays. Throws as `setLimits` does. */
  async pause(): Promise<void> {
    await this.#set({ ...this.#settings, paused: true });
  }

  /** Throws as `setLimits` does. */
  async resume(): Promise<void> {
    await this.#set({ ...this.#settings, paused: false });
  }

  /**
   * Let nothing go for a while for reasons of our own, whatever the user says of pauses meanwhile. To whoever looks at `progress` it is no
   * pause: nothing gets on. Throws as `setLimits` does.
   */
  async hold(isHeld: boolean): Promise<void> {
    this.#isHeld = isHeld;
    await this.#set(this.#settings);
  }

  /**
   * How the tool's ssh ended, which tools themselves do not tell for certain. Of several the first that failed; `undefined` when none was
   * started, or it was killed. To be asked when the tool has ended.
   */
  async exit(): Promise<ProgramEnd | undefined> {
    await Promise.race([Promise.all(this.#lines.map(({ closed }) => closed)), sleep(lastWordMs, undefined, { ref: false })]);
    const ends = this.#lines.flatMap(({ end }) => end ?? []);
    return ends.find(({ exitCode }) => exitCode !== 0) ?? ends[0];
  }

  /** End what still runs of it, and leave nothing behind. */
  async close(): Promise<void> {
    for (const line of this.#lines) line.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#removeDirectory();
  }

  async #set(settings: { readonly rate: number | null; readonly paused: boolean }): Promise<void> {
    this.#settings = settings;
    const number = ++this.#number;
    const inForce = this.#inForce;
    await inTime(Promise.all(this.#lines.map((line) => line.set({ number, ...inForce }))), answerMs);
  }

  get #inForce(): { readonly rate: number | null; readonly paused: boolean } {
    return { ...this.#settings, paused: this.#settings.paused || this.#isHeld };
  }
}

function insistOnProgram(): void {
  try {
    accessSync(paceProgram(), constants.X_OK);
  } catch (cause) {
    throw new ImageError(`${paceProgram()} cannot be run; install @image-api/host again, on a filesystem programs may be run from`, {
      code: 'TOOL_MISSING',
      origin: 'driver',
      untouched: true,
      cause,
    });
  }
}
