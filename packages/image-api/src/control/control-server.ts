import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPrivateDirectory } from '@image-api/host';
import { isImageError } from '@image-api/driver';
import { parseLimit } from '../rate/parse-limit.ts';
import { longestLine, readRequest, socketName } from './protocol.ts';
import type { Reply, Request } from './protocol.ts';
import { recordOf } from './task-record.ts';
import type { SteerableTask } from './task-record.ts';

/** How long one that is about to end may take to answer what it was asked. */
const lastWordsMs = 1000;

/**
 * Let other processes of this user see and steer tasks that are not copies, as `listTasks()` and `steerTask()` do with copies of an instance
 * with `control`. It does not keep the process alive.
 *
 * @param tasks asked anew each time
 * @throws ImageError BAD_OPTION where no private directory can be had
 */
export function serveControl(tasks: () => Iterable<SteerableTask>): { close(): Promise<void> } {
  return new ControlServer(tasks);
}

/**
 * Where other processes of the same user ask for this one's tasks: a socket in a directory that nobody else may enter. It never keeps the
 * process alive, and goes with it; what a killed process leaves is swept by the next.
 */
export class ControlServer {
  readonly #directory: ReturnType<typeof createPrivateDirectory>;
  readonly #server: Server;
  readonly #tasks: () => Iterable<SteerableTask>;
  readonly #askers = new Set<Socket>();
  readonly #answers = new Set<Promise<void>>();

  /** @throws ImageError BAD_OPTION where no private directory can be had */
  constructor(tasks: () => Iterable<SteerableTask>) {
    this.#tasks = tasks;
    this.#directory = createPrivateDirectory();
    const path = join(this.#directory.path, socketName);
    this.#server = createServer((asker) => this.#serve(asker));
    this.#server.on('error', () => undefined);
    this.#server.listen(path, () => chmodSync(path, 0o600));
    this.#server.unref();
  }

  /** Whoever asked something that is just being answered still hears it. */
  async close(): Promise<void> {
    this.#server.close();
    await Promise.race([Promise.all(this.#answers), sleep(lastWordsMs, undefined, { ref: false })]);
    for (const asker of this.#askers) asker.destroy();
    this.#directory.remove();
  }

  #serve(asker: Socket): void {
    this.#askers.add(asker);
    asker.unref();
    asker.setEncoding('utf8');
    let rest = '';
    let answered = Promise.resolve();
    asker.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) asker.destroy();
      // One after the other, so that an asker can tell which answer is to what.
      for (const line of lines) answered = answered.then(async () => say(asker, await this.#answer(line)));
      this.#await(answered);
    });
    asker.on('error', () => asker.destroy());
    asker.on('close', () => this.#askers.delete(asker));
  }

  #await(answered: Promise<void>): void {
    this.#answers.add(answered);
    void answered.then(() => this.#answers.delete(answered));
  }

  async #answer(line: string): Promise<Reply> {
    try {
      return await this.#act(readRequest(line));
    } catch (error) {
      if (isImageError(error)) return { ok: false, code: error.code, message: error.message };
      return { ok: false, code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
    }
  }

  async #act(request: Request): Promise<Reply> {
    const tasks = [...this.#tasks()];
    if (request.ask === 'tasks') return { ok: true, tasks: tasks.map(recordOf) };
    const task = tasks.find(({ id }) => id === request.task);
    if (!task) return { ok: false, code: 'SOURCE_MISSING', message: `no task ${request.task} runs in process ${process.pid} any more` };
    return { ok: true, ...(await steer(task, request)), task: recordOf(task) };
  }
}

/** Resolves when it is on its way, or there is nobody to hear it. */
function say(asker: Socket, reply: Reply): Promise<void> {
  return new Promise((resolve) => void asker.write(`${JSON.stringify(reply)}\n`, () => resolve()));
}

async function steer(
  task: SteerableTask,
  request: Exclude<Request, { ask: 'tasks' }>,
): Promise<Omit<Extract<Reply, { task: object }>, 'ok' | 'task'>> {
  if (request.ask === 'limit') return { limits: await task.setLimits(parseLimit(request.limit, request.group)) };
  if (request.ask === 'cancel') return { outcome: await task.cancel(request.reason ?? 'from outside') };
  await (request.ask === 'pause' ? task.pause() : task.resume());
  return {};
}
