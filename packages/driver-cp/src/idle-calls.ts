import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Host, Logger } from '@image-api/driver';
import { wholeCalls } from '@image-api/host';
import type { FileCalls } from '@image-api/host';

/** Calls made where they give way to everything else. */
export interface IdleCalls extends FileCalls {
  /** Let go of the thread. */
  end(): Promise<void>;
}

/** What is asked of the thread, and what it answers. */
interface Question {
  readonly call: 'readSync' | 'writeSync' | 'fdatasyncSync';
  readonly words: readonly unknown[];
}
type Answer = { readonly value: number | undefined } | { readonly errno: string | undefined; readonly message: string };

/**
 * The thread does one call after another, each where it is: the threads that Node has for files are everybody's, and cannot be slowed down
 * for one copy. `/proc/thread-self` is the name of whoever reads it.
 */
const script = `
const { parentPort } = require('node:worker_threads');
const fs = require('node:fs');
parentPort.on('message', ({ call, words }) => {
  try {
    parentPort.postMessage({ value: fs[call](...words) });
  } catch ({ code, message }) {
    parentPort.postMessage({ errno: code, message });
  }
});
parentPort.postMessage(Number(fs.readlinkSync('/proc/thread-self').split('/').pop()));
`;

const lowestPriority = 19;
const patienceMs = 1000;

/**
 * A thread of its own for one copy, with the lowest priority for the processor and, where `ionice` and `chrt` are there, the idle class
 * for the disk and the idle policy for the processor. Linux only.
 */
export async function idleCalls(surroundings: Surroundings): Promise<IdleCalls> {
  const worker = new Worker(script, { eval: true, env: {}, execArgv: [] });
  try {
    const thread = (await nextMessage(worker)) as number;
    setPriority(thread, lowestPriority);
    await Promise.all(classesFor(thread).map((command) => makeIdle(command, surroundings)));
    return { ...wholeCalls(callsOf(worker)), end: () => ended(worker) };
  } catch (error) {
    await ended(worker);
    throw error;
  }
}

/** The idle class for the disk, and the idle policy for the processor: a thread of it stops at once when another wants to run. */
function classesFor(thread: number): readonly (readonly [tool: string, ...args: string[]])[] {
  return [
    ['ionice', '-c', '3', '-p', String(thread)],
    ['chrt', '-i', '-p', '0', String(thread)],
  ];
}

interface Surroundings {
  readonly host: Host;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

async function makeIdle([tool, ...args]: readonly [string, ...string[]], { host, logger, signal }: Surroundings): Promise<void> {
  const found = await host.tool(tool);
  if (!found.available) return logger.debug(`the copy gives way a little less: ${found.reason}`);
  const { exitCode, stderr } = await host.run(tool, args, { signal, deadlineMs: 5000 });
  if (exitCode !== 0) logger.debug(`the copy gives way a little less: ${tool} failed`, { stderr });
}

/** One question at a time. */
function callsOf(worker: Worker): Parameters<typeof wholeCalls>[0] {
  let last: Promise<unknown> = Promise.resolve();
  const ask = (question: Question): Promise<number> => {
    const answer = last.then(() => answerOf(worker, question));
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    read: (file, bytes, at) => ask({ call: 'readSync', words: [file, bytes, 0, bytes.length, at] }),
    write: (file, bytes, at) => ask({ call: 'writeSync', words: [file, bytes, 0, bytes.length, at] }),
    sync: async (file) => void (await ask({ call: 'fdatasyncSync', words: [file] })),
  };
}

async function answerOf(worker: Worker, question: Question): Promise<number> {
  const answering = nextMessage(worker);
  worker.postMessage(question, []);
  const answer = (await answering) as Answer;
  if ('value' in answer) return answer.value ?? 0;
  throw Object.assign(new Error(answer.message), { code: answer.errno });
}

async function nextMessage(worker: Worker): Promise<unknown> {
  const [message] = (await once(worker, 'message')) as unknown[];
  return message;
}

/** A thread that is stuck in a call cannot be ended; it goes when the call comes back. */
async function ended(worker: Worker): Promise<void> {
  worker.unref();
  await Promise.race([worker.terminate(), sleep(patienceMs, undefined, { ref: false })]);
}
