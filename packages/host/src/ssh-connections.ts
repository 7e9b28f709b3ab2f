import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SshAccess } from '@image-api/driver';
import { childEnvironment } from './child-environment.ts';
import { createPrivateDirectory } from './private-directory.ts';
import { runLocal, startLocal } from './run-local.ts';
import { directoryVariable, sshArgs } from './ssh-access.ts';
import { cipherWords } from './ssh-ciphers.ts';
import { connectionError } from './ssh-error.ts';
import type { Worker } from './worker.ts';

/** Connecting and logging in together; ssh's own limit of 10 s is for connecting alone. */
const loginMs = 60_000;
const pollMs = 10;

/** How a host is reached, as ssh's configuration has it. */
interface Way {
  /** Of the shared connection. */
  readonly socket: string;
  /** Words for whoever opens it. */
  readonly words: readonly string[];
}

/** What `close()` takes away as a whole, so that whoever comes meanwhile starts afresh. */
interface Generation {
  directory: ReturnType<typeof createPrivateDirectory> | undefined;
  /** By path of the socket: two names for one host share a connection. */
  readonly masters: Map<string, Promise<Worker>>;
  readonly ways: Map<string, Promise<Way>>;
  /** All that run, those that are still connecting too. */
  readonly workers: Set<Worker>;
}

/**
 * The shared connections of one instance: for each host one `ssh` of ours that every other ssh goes through, tools' own included.
 * It is a worker, so it dies with us. One that was lost is opened again by whoever needs it next.
 */
export class SshConnections {
  readonly #ours: NodeJS.ProcessEnv;
  #now: Generation = newGeneration();

  constructor(ours: NodeJS.ProcessEnv) {
    this.#ours = ours;
  }

  /** What the options of an `SshAccess` refer to. The directory is made when it is first asked for. */
  get environment(): Readonly<Record<string, string>> {
    return this.#environmentOf(this.#now);
  }

  /**
   * Resolves when the host can be reached through the shared connection. Callers at the same time share one try; nothing is retried.
   *
   * @throws ImageError `UNREACHABLE`, `AUTH_DENIED`, `HOST_KEY`, `BAD_CONFIG`; `TOOL_MISSING` without ssh
   */
  async ready(access: SshAccess, host: string): Promise<void> {
    const generation = this.#now;
    const way = await this.#wayTo(access, host, generation);
    // Closed meanwhile: its directory, where the socket would be, is gone.
    if (generation !== this.#now) return this.ready(access, host);
    await (generation.masters.get(way.socket) ?? this.#open(access, host, way));
  }

  /** Let what goes through one of them end with it. */
  adopt(worker: Worker): void {
    const { workers } = this.#now;
    workers.add(worker);
    void worker.ended.then(() => workers.delete(worker));
  }

  /** Where the socket of the shared connection is, which is opened if it is not there, and the private directory it is in. */
  async socket(access: SshAccess, host: string): Promise<{ readonly directory: string; readonly control: string }> {
    await this.ready(access, host);
    return { directory: this.environment[directoryVariable] ?? '', control: (await this.#wayTo(access, host, this.#now)).socket };
  }

  /** End all of them, and remove the directory. */
  async close(): Promise<void> {
    const { workers, directory } = this.#now;
    this.#now = newGeneration();
    for (const worker of workers) {
      worker.keepAlive(true);
      worker.terminate();
    }
    await Promise.all([...workers].map(({ ended }) => ended));
    directory?.remove();
  }

  #environmentOf(generation: Generation): Readonly<Record<string, string>> {
    generation.directory ??= createPrivateDirectory(this.#ours);
    return { [directoryVariable]: generation.directory.path };
  }

  /** Only ssh knows what its configuration makes of a name. */
  #wayTo(access: SshAccess, host: string, generation: Generation): Promise<Way> {
    const key = JSON.stringify(sshArgs(access));
    const known = generation.ways.get(key) ?? this.#askWay(access, host, this.#environmentOf(generation));
    generation.ways.set(key, known);
    known.catch(() => generation.ways.delete(key));
    return known;
  }

  async #askWay(access: SshAccess, host: string, environment: Readonly<Record<string, string>>): Promise<Way> {
    const cpuinfo = readFile('/proc/cpuinfo', 'utf8').catch(() => '');
    const { exitCode, stdout, stderr } = await runLocal(this.#ours, access.program, ['-G', ...sshArgs(access)], {
      environment,
      deadlineMs: 10_000,
    });
    const socket = /^controlpath (.*)$/m.exec(stdout)?.[1];
    const ciphers = /^ciphers (.*)$/m.exec(stdout)?.[1];
    if (exitCode === 0 && socket !== undefined) return { socket, words: cipherWords(ciphers, await cpuinfo) };
    throw connectionError(stderr, host);
  }

  #open(access: SshAccess, host: string, way: Way): Promise<Worker> {
    const { masters } = this.#now;
    const { socket } = way;
    const opening = this.#openMaster(access, host, way, this.#now);
    masters.set(socket, opening);
    const forget = (): void => {
      if (masters.get(socket) === opening) masters.delete(socket);
    };
    opening.then(({ ended }) => ended).then(forget, forget);
    return opening;
  }

  async #openMaster(access: SshAccess, host: string, { socket, words }: Way, generation: Generation): Promise<Worker> {
    // Left by a connection that died of KILL; ssh would refuse to share a name that is taken.
    await rm(socket, { force: true });
    const master = await startLocal(access.program, ['-M', '-N', ...words, ...sshArgs(access)], {
      environment: childEnvironment(this.#ours, this.#environmentOf(generation)),
      killAfterMs: 1000,
    });
    generation.workers.add(master);
    void master.ended.then(() => generation.workers.delete(master));
    if (generation !== this.#now) master.terminate();
    const opened = await Promise.race([appears(socket, master), master.ended.then(() => false)]);
    if (!opened) throw connectionError((await master.ended).stderr, host);
    master.keepAlive(false);
    return master;
  }
}

function newGeneration(): Generation {
  return { directory: undefined, masters: new Map(), ways: new Map(), workers: new Set() };
}

/** ssh makes the socket when it has logged in. */
async function appears(socket: string, master: Worker): Promise<boolean> {
  let over = false;
  void master.ended.then(() => (over = true));
  const isOver = (): boolean => over;
  for (let waited = 0; !existsSync(socket); waited += pollMs) {
    if (isOver()) return false;
    if (waited > loginMs) master.terminate();
    await sleep(pollMs);
  }
  return true;
}
