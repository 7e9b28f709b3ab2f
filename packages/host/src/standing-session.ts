import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Host, RunOptions, RunResult } from '@image-api/driver';
import { childEnvironment } from './child-environment.ts';
import { escapeControl } from './escape-control.ts';
import { quoteForShell } from './quote-for-shell.ts';
import { exitOf } from './remote-guard.ts';
import { runRemote } from './run-remote.ts';
import type { SshRoute } from './run-remote.ts';
import { startLocal } from './run-local.ts';
import { runWorker } from './run-worker.ts';
import { sshArgs } from './ssh-access.ts';
import { connectionError } from './ssh-error.ts';
import { unlessAborted } from './unless-aborted.ts';
import { StandingShell } from './standing-shell.ts';
import { standingScript } from './standing-script.ts';

export interface StandingOptions {
  /** The session ends when nothing was asked for so long. Default 20 s. */
  readonly idleMs?: number;
  /** The shell over there ends after so long, should nobody be able to tell it that we are gone; another takes its place before. Default 300. */
  readonly lifeSeconds?: number;
  /**
   * What is asked takes milliseconds. Whatever takes longer than this is ended over there, and asked again in a session of its own, that can
   * wait. Default 30.
   */
  readonly limitSeconds?: number;
}

/**
 * `Host.run` for what takes a moment, such as a look at a file: one shell over there answers them all, where each would else log in anew.
 * What cannot be asked like that is run as everything else.
 */
export function standingRun(route: SshRoute, options: StandingOptions = {}): Host['run'] {
  const session = new StandingSession(route, options);
  return async (tool, args, wishes = {}) =>
    (isPlain(wishes) ? await session.ask([tool, ...args], wishes) : undefined) ?? runRemote(route, tool, args, wishes);
}

/** More than an answer is wanted, or something for the tool alone. */
function isPlain({ environment, idle, onStdout, stallMs, killAfterMs }: RunOptions): boolean {
  return [environment, idle, onStdout, stallMs, killAfterMs].every((option) => option === undefined);
}

class StandingSession {
  readonly #route: SshRoute;
  readonly #options: StandingOptions;
  #shell: StandingShell | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #retiresAt = 0;

  constructor(route: SshRoute, options: StandingOptions) {
    this.#route = route;
    this.#options = options;
  }

  /**
   * One question at a time.
   *
   * @returns `undefined` when there is nobody to ask, or it was too long in coming and was ended: what is asked like this may be asked again
   * @throws ImageError `CANCELLED`, `DEADLINE`; `UNREACHABLE` when the connection is lost over the question
   */
  async ask(words: readonly string[], options: RunOptions): Promise<RunResult | undefined> {
    const { connections, access, host } = this.#route;
    const turn = this.#takeTurn();
    let shell: StandingShell | undefined;
    const ready = async (): Promise<void> => {
      await connections.ready(access, host);
      shell = await this.#open();
    };
    try {
      // What others take is no part of what this one may take.
      await unlessAborted(turn.mine, options.signal);
      const end = await runWorker(
        { about: `${escapeControl(words[0] ?? '')} on ${host}`, ready, start: async () => ask(shell, words) },
        options,
      );
      if (end.exitCode === null) throw connectionError(end.stderr, host);
      return isNoAnswer(end.exitCode) ? undefined : { ...end, ...exitOf(end.exitCode) };
    } catch (error) {
      if (error === nobody) return undefined;
      throw error;
    } finally {
      turn.over();
    }
  }

  #takeTurn(): { readonly mine: Promise<unknown>; over(): void } {
    const mine = this.#lastTurn;
    let over = (): void => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    this.#lastTurn = mine.then(() => ended);
    return { mine, over };
  }

  async #open(): Promise<StandingShell | undefined> {
    if (this.#shell?.isThere && performance.now() < this.#retiresAt) return this.#shell;
    this.#shell?.retire();
    const { access, connections, ours } = this.#route;
    const { idleMs = 20_000, lifeSeconds = 300, limitSeconds = 30 } = this.#options;
    const mark = `image-api-${randomBytes(8).toString('hex')}`;
    const words = ['timeout', String(lifeSeconds), 'sh', '-c', standingScript, 'sh', mark, String(limitSeconds)];
    const shell = new StandingShell(mark, idleMs);
    this.#retiresAt = performance.now() + (lifeSeconds * 1000) / 2;
    const worker = await startLocal(access.program, [...sshArgs(access), `exec ${quoteForShell(words)}`], {
      environment: childEnvironment(ours, connections.environment),
      stdin: 'hold',
      killAfterMs: 1000,
      onStdout: shell.output,
      onStderr: shell.errorOutput,
    });
    connections.adopt(worker);
    return (this.#shell = (await shell.begin(worker)) ? shell : undefined);
  }
}

const nobody = new Error('there is no shell to ask');

function ask(shell: StandingShell | undefined, words: readonly string[]): ReturnType<StandingShell['ask']> {
  if (!shell?.isThere) throw nobody;
  return shell.ask(`exec ${quoteForShell(words)}`);
}

/** As `timeout` tells that it was late; or what is to be run is not there, which a session of its own tells better. */
function isNoAnswer(status: number): boolean {
  return [124, 137, 126, 127].includes(status);
}
