import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';

/** The first process of a set of namespaces of its own. While it lives they exist; when it ends everything in them ends with it. */
export interface NamespaceProcess {
  /** As this process sees it; inside it is 1. */
  readonly pid: number;
  /** Lets the script go on past its `read`. */
  proceed(): void;
  stop(): Promise<void>;
}

/**
 * Run a shell script as the first process of new network, mount, name and process namespaces, and wait until it has printed `up`.
 *
 * All of it is killed by the kernel when this process dies, however it dies: nothing has a name outside, nothing needs removing.
 */
export async function startNamespace(script: string, environment: Readonly<Record<string, string>>): Promise<NamespaceProcess> {
  const unshare = [
    'unshare',
    '--net',
    '--mount',
    '--propagation=slave',
    '--uts',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
    'sh',
    '-c',
    script,
  ];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...unshare], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, ...environment },
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4000)));
  const stop = async (): Promise<void> => end(child);
  if (!(await printsUp(child))) {
    await stop();
    throw new Error(`a host of the lab did not start: ${complaints}`);
  }
  return { pid: await onlyChild(child), proceed: () => void child.stdin.end('go\n'), stop };
}

async function printsUp(child: ChildProcess): Promise<boolean> {
  for await (const line of createInterface({ input: child.stdout! })) if (line === 'up') return true;
  return false;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function onlyChild(child: ChildProcess): Promise<number> {
  for (let round = 0; round < 100; round += 1) {
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    if (children.trim() !== '') return Number(children.trim().split(' ')[0]);
    await delay(10);
  }
  throw new Error('a host of the lab has no first process');
}
