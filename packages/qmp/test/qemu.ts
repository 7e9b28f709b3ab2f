import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program of QEMU that runs with a monitor, and a directory of its own. */
export interface RunningQemu extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly monitor: string;
  readonly directory: string;
}

export const hasStorageDaemon: boolean = starts('qemu-storage-daemon');
export const hasMachine: boolean = starts('qemu-system-x86_64');

/** @param words more of them, with the directory as `DIR` */
export async function startStorageDaemon(words: readonly string[] = []): Promise<RunningQemu> {
  return start('qemu-storage-daemon', (monitor) => [
    '--chardev',
    `socket,path=${monitor},server=on,wait=off,id=monitor`,
    '--monitor',
    'chardev=monitor',
    ...words,
  ]);
}

/** A machine that has disks and a monitor, and does not run. */
export async function startMachine(words: readonly string[] = []): Promise<RunningQemu> {
  const still = ['-machine', 'q35,accel=tcg', '-m', '64', '-nodefaults', '-display', 'none', '-S'];
  return start('qemu-system-x86_64', (monitor) => [...still, '-qmp', `unix:${monitor},server=on,wait=off`, ...words]);
}

async function start(program: string, wordsFor: (monitor: string) => readonly string[]): Promise<RunningQemu> {
  const directory = mkdtempSync(join(tmpdir(), 'qmp-'));
  const monitor = join(directory, 'monitor');
  const words = wordsFor(monitor).map((word) => word.replaceAll('DIR', directory));
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  while (child.exitCode === null && !listens(monitor)) await sleep(10);
  return {
    process: child,
    monitor,
    directory,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A socket is there before it listens. It is not tried out, for who leaves before the greeting may take the next client along. */
function listens(path: string): boolean {
  return new RegExp(` 00010000 0001 01 +[0-9]+ ${path}$`, 'm').test(readFileSync('/proc/net/unix', 'utf8'));
}

function starts(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}
