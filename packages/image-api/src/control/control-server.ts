import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createPrivateDirectory } from '@image-api/host';
import { isImageError } from '@image-api/driver';
import type { Task } from '../run/task.ts';
import { parseLimit } from '../rate/parse-limit.ts';
import { longestLine, readRequest, socketName } from './protocol.ts';
import type { Reply, Request } from './protocol.ts';
import { recordOf } from './task-record.ts';

/**
 * Where other processes of the same user ask for this one's tasks: a socket in a directory that nobody else may enter. It never keeps the
 * process alive, and goes with it; what a killed process leaves is swept by the next.
 */
export class ControlServer {
  readonly #directory: ReturnType<typeof createPrivateDirectory>;
  readonly #server: Server;
  readonly #tasks: () => Iterable<Task>;
  readonly #askers = new Set<Socket>();

  /** @throws ImageError BAD_OPTION where no private directory can be had */
  constructor(tasks: () => Iterable<Task>) {
    this.#tasks = tasks;
    this.#directory = createPrivateDirectory();
    const path = join(this.#directory.path, socketName);
    this.#server = createServer((asker) => this.#serve(asker));
    this.#server.on('error', () => undefined);
    this.#server.listen(path, () => chmodSync(path, 0o600));
    this.#server.unref();
  }

  close(): void {
    this.#server.close();
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
      for (const line of lines) answered = answered.then(async () => void asker.write(`${JSON.stringify(await this.#answer(line))}\n`));
    });
    asker.on('error', () => asker.destroy());
    asker.on('close', () => this.#askers.delete(asker));
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

async function steer(
  task: Task,
  request: Exclude<Request, { ask: 'tasks' }>,
): Promise<Omit<Extract<Reply, { task: object }>, 'ok' | 'task'>> {
  if (request.ask === 'limit') return { limits: await task.setLimits(parseLimit(request.limit, request.group)) };
  if (request.ask === 'cancel') return { outcome: await task.cancel(request.reason ?? 'from outside') };
  await (request.ask === 'pause' ? task.pause() : task.resume());
  return {};
}
