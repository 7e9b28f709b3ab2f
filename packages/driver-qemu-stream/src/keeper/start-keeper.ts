import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, isImageError } from '@image-api/driver';
import { keeperDirectory, keeperSockets, makeKeeperDirectory, sweepKeepers } from './keeper-directory.ts';
import { callKeeper } from './keeper-line.ts';
import type { KeeperLine } from './keeper-line.ts';
import { keeperProgram } from './keeper-program.ts';

const pollMs = 5;
/** Node starts within a tenth of this even on a busy machine. */
const startMs = 15_000;

/**
 * Find the keeper of a staging file, which may still serve what an interrupted try has handed out, or start one: a program of its own that
 * outlives us while somebody uses the image.
 *
 * @throws ImageError `TOOL_FAILED` when it does not start, `DESTINATION_BUSY` when it works for another
 */
export async function findKeeper(to: string): Promise<KeeperLine> {
  const { control } = keeperSockets(keeperDirectory(to));
  return (await leaseFound(control)) ?? startKeeper(to, control);
}

/** One that is just about to end does not answer, and is gone when its line is closed. */
async function leaseFound(control: string): Promise<KeeperLine | undefined> {
  const line = await callKeeper(control);
  if (!line) return undefined;
  try {
    await line.order({ do: 'lease' });
    return line;
  } catch (error) {
    if (isImageError(error) && error.code === 'DESTINATION_BUSY') throw error;
    line.destroy();
    return undefined;
  }
}

async function startKeeper(to: string, control: string): Promise<KeeperLine> {
  await sweepKeepers().catch(() => undefined);
  if (!existsSync(keeperProgram())) throw notStarted('it is not built');
  const child = spawn(process.execPath, [keeperProgram(), makeKeeperDirectory(to)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: keeperEnvironment(process.env),
  });
  try {
    return await firstAnswer(child, control);
  } finally {
    child.stderr?.destroy();
    child.unref();
  }
}

async function firstAnswer(child: ChildProcess, control: string): Promise<KeeperLine> {
  const start = { said: '', ended: '' };
  child.stderr?.on('data', (piece) => (start.said = `${start.said}${String(piece)}`.slice(-2000)));
  child.on('error', (error) => (start.ended = error.message));
  child.on('exit', (code, signal) => (start.ended ||= `it ended with ${signal ?? code}`));
  for (let waitedMs = 0; start.ended === '' && waitedMs < startMs; waitedMs += pollMs) {
    const line = await leaseFound(control);
    if (line) return line;
    await sleep(pollMs);
  }
  child.kill('SIGKILL');
  throw notStarted(`${start.ended || 'it does not answer'} ${start.said}`.trim());
}

/** What ssh and the tools need; nothing that changes how Node or they work. */
function keeperEnvironment(ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = [
    'PATH',
    'HOME',
    'TZ',
    'SSH_AUTH_SOCK',
    'XDG_RUNTIME_DIR',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  return Object.fromEntries(kept.flatMap((name) => (ours[name] === undefined ? [] : [[name, ours[name]]])));
}

function notStarted(why: string): ImageError {
  return new ImageError(
    `the program that keeps an image while it arrives does not start: ${why}; install @image-api/driver-qemu-stream anew`,
    {
      code: 'TOOL_FAILED',
      origin: 'driver',
      driver: 'qemu-stream',
      untouched: true,
    },
  );
}
