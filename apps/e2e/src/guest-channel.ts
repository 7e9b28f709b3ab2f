import type { Readable, Writable } from 'node:stream';

export interface GuestAnswer {
  readonly status: number;
  /** What the command printed, standard output and standard error in the order in which they came. */
  readonly output: string;
}

/** The line to the agent in a guest: one command after the other. */
export interface GuestChannel {
  /** Resolves when the agent listens. */
  readonly listening: Promise<void>;
  ask(command: string): Promise<GuestAnswer>;
  /** Give a command that nobody will answer. */
  tell(command: string): void;
  /** Reject everything that still waits. */
  fail(reason: Error): void;
}

const greeting = 'listening\n';

export function openGuestChannel(input: Writable, output: Readable): GuestChannel {
  const waiting: { resolve: (answer: GuestAnswer) => void; reject: (reason: Error) => void }[] = [];
  let [heard, unheard]: [() => void, (reason: Error) => void] = [() => undefined, () => undefined];
  const listening = new Promise<void>((resolve, reject) => ([heard, unheard] = [resolve, reject]));
  listening.catch(() => undefined);
  let held = Buffer.alloc(0);
  let read = readGreeting;
  function readGreeting(): boolean {
    const found = held.indexOf(greeting);
    if (found < 0) return false;
    held = held.subarray(found + greeting.length);
    read = readAnswer;
    heard();
    return true;
  }
  function readAnswer(): boolean {
    const parsed = parseAnswer(held);
    if (!parsed) return false;
    held = held.subarray(parsed.length);
    waiting.shift()?.resolve(parsed.answer);
    return true;
  }
  output.on('data', (piece: Buffer) => {
    held = Buffer.concat([held, piece]);
    while (read());
  });
  // A guest that is gone takes nothing any more; who waits for it is told by `fail`.
  input.on('error', () => undefined);
  const tell = (command: string): void => void input.write(`${Buffer.from(command).toString('base64')}\n`);
  return {
    listening,
    tell,
    ask: (command) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        tell(command);
      }),
    fail: (reason) => {
      unheard(reason);
      for (const { reject } of waiting.splice(0)) reject(reason);
    },
  };
}

/** The first answer in the bytes, and its length there; `undefined` while it is not complete. */
export function parseAnswer(bytes: Buffer): { readonly answer: GuestAnswer; readonly length: number } | undefined {
  const lineEnd = bytes.indexOf('\n');
  const header = /^(\d+) (\d+)$/.exec(bytes.subarray(0, Math.max(0, lineEnd)).toString());
  if (!header) return undefined;
  const [status, size] = [Number(header[1]), Number(header[2])];
  const length = lineEnd + 1 + size;
  if (bytes.length < length) return undefined;
  return { answer: { status, output: bytes.subarray(lineEnd + 1, length).toString() }, length };
}
