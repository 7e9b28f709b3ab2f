import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ProgramEnd } from './messages.ts';

/** What is behind a pump: a program, or a connection. */
export interface FarEnd {
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves when it is over. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** Ask it to end, and see to it that it does. */
  terminate(): void;
}

const killAfterMs = 1000;
const connectMs = 5000;

/**
 * Start what the words of a pump stand for:
 *
 * | words | far end |
 * |---|---|
 * | `--here HOST PROGRAM …` | a program of this machine, as rsync asks for it on another |
 * | `--connect HOST PORT` | a connection |
 * | anything else | `ssh` with these words |
 */
export function startFarEnd(words: readonly string[], environment: NodeJS.ProcessEnv): FarEnd {
  const [mode, host = '', ...rest] = words;
  if (mode === '--connect') return startConnection(host, Number(rest[0]));
  if (mode === '--here') return startProgram(rest[0] ?? '', rest.slice(1), environment);
  return startProgram('ssh', words, environment);
}

function startProgram(program: string, args: readonly string[], environment: NodeJS.ProcessEnv): FarEnd {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.once('error', (error) => {
      process.stderr.write(`cannot run ${program}: ${error.message}\n`);
      resolve({ exitCode: 127, signal: null });
    });
  });
  const terminate = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref();
  };
  return { input: child.stdin, output: child.stdout, ended, terminate };
}

/** Says what went wrong in the words of rsync, whose place it takes. */
function startConnection(host: string, port: number): FarEnd {
  const socket = connect({ host, port, allowHalfOpen: true });
  const late = setTimeout(() => socket.destroy(new Error('timed out')), connectMs);
  const ended = new Promise<ProgramEnd>((resolve) => {
    let exitCode = 0;
    socket.once('connect', () => clearTimeout(late));
    socket.once('end', () => resolve({ exitCode, signal: null }));
    socket.once('error', (error) => {
      exitCode = 10;
      if (socket.bytesRead === 0) process.stderr.write(`failed to connect to ${host}: ${error.message}\n`);
    });
    socket.once('close', () => {
      clearTimeout(late);
      resolve({ exitCode, signal: null });
    });
  });
  return { input: socket, output: socket, ended, terminate: () => void socket.destroy() };
}

/** The exit status that stands for an end. */
export function exitStatusOf({ exitCode, signal }: ProgramEnd): number {
  if (exitCode !== null) return exitCode;
  return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}
