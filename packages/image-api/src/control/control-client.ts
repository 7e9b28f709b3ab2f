import { readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { ImageError } from '@image-api/driver';
import { runtimeDirectory } from '@image-api/host';
import { readFinished } from './finished-tasks.ts';
import { socketName } from './protocol.ts';
import type { Reply, Request } from './protocol.ts';
import type { TaskRecord } from './task-record.ts';

/** A process that does not answer for so long is stopped, or too busy to be steered. */
const patienceMs = 5000;
/** A copy that is cancelled cleans up first. */
const cancelPatienceMs = 30_000;

/** What is to be done to a running task. The limit is text, as for a copy: `20MiB/s`, `auto`, `none`. */
export type Steering = Exclude<Request, { ask: 'tasks' }> extends infer One ? (One extends unknown ? Omit<One, 'task'> : never) : never;

/**
 * Every task of this user's processes that can be steered, and those that ended within the last hour. A process that is stopped, and so
 * does not answer, is left out.
 */
export async function listTasks(): Promise<readonly TaskRecord[]> {
  const [live, finished] = await Promise.all([liveTasks(), readFinished()]);
  const running = live.map(({ record }) => record);
  const seen = new Set(running.map(({ id }) => id));
  return [...finished.filter(({ id }) => !seen.has(id)), ...running.toSorted((one, other) => one.startedAt.localeCompare(other.startedAt))];
}

/**
 * Change, pause, resume or cancel a task in another process of this user.
 *
 * @param id the task's id, or the beginning of it that no other task has
 * @throws ImageError BAD_OPTION where no task, or more than one, has it; whatever the task itself answers
 */
export async function steerTask(id: string, steering: Steering): Promise<Extract<Reply, { task: object }>> {
  const { record, socket } = await findTask(id);
  const reply = await ask(socket, { ...steering, task: record.id }, steering.ask === 'cancel' ? cancelPatienceMs : patienceMs);
  if (!reply.ok) throw new ImageError(reply.message, { code: reply.code, origin: 'caller' });
  if ('task' in reply) return reply;
  throw notAnswered(record.pid);
}

interface LiveTask {
  readonly record: TaskRecord;
  readonly socket: string;
}

async function findTask(id: string): Promise<LiveTask> {
  const matching = (await liveTasks()).filter(({ record }) => id !== '' && record.id.startsWith(id));
  const [only] = matching;
  if (only && matching.length === 1) return only;
  const message = only
    ? `${matching.length} tasks begin with ${JSON.stringify(id)}: write more of the id`
    : (await hasEnded(id))
      ? `task ${id} has ended: see imagectl tasks`
      : `no running task has the id ${JSON.stringify(id)}: see imagectl tasks`;
  throw new ImageError(message, { code: 'BAD_OPTION', origin: 'caller', untouched: true });
}

async function hasEnded(id: string): Promise<boolean> {
  return id !== '' && (await readFinished()).some((record) => record.id.startsWith(id));
}

async function liveTasks(): Promise<readonly LiveTask[]> {
  const parent = runtimeDirectory();
  const sockets = (await readdir(parent)).filter((name) => name.startsWith('s')).map((name) => join(parent, name, socketName));
  const answers = await Promise.all(
    sockets.map(async (socket) => {
      const reply = await ask(socket, { ask: 'tasks' }, patienceMs).catch(() => undefined);
      return reply?.ok && 'tasks' in reply ? reply.tasks.map((record) => ({ record, socket })) : [];
    }),
  );
  return answers.flat();
}

function ask(path: string, request: Request, waitMs: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(path);
    let text = '';
    connection.setEncoding('utf8');
    connection.setTimeout(waitMs, () => connection.destroy(notAnswered()));
    connection.on('connect', () => connection.write(`${JSON.stringify(request)}\n`));
    connection.on('data', (piece: string) => {
      text += piece;
      if (!text.includes('\n')) return;
      connection.destroy();
      try {
        resolve(JSON.parse(text) as Reply);
      } catch (error) {
        reject(error);
      }
    });
    connection.on('error', reject);
    connection.on('close', () => reject(notAnswered()));
  });
}

function notAnswered(pid?: number): ImageError {
  const who = pid === undefined ? 'the process of the task' : `process ${pid}`;
  return new ImageError(`${who} did not answer: it may have ended just now, or be stopped`, { code: 'UNREACHABLE', origin: 'core' });
}
