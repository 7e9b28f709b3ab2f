import { readFile, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { LabHost } from './lab-host.ts';

export interface ImagectlOptions {
  /** Written to a file and named with --config. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs it, such as `['prlimit', '--nofile=40']`: one that becomes it, or stays out of its way like `strace -D`. */
  readonly through?: readonly string[];
  /** Leave --ssh-config away. Default false. */
  readonly noSshConfig?: boolean;
  /** Killed after this long. Default 60000. */
  readonly deadlineMs?: number;
  /** Called with each piece of standard output as it comes. */
  readonly onStdout?: (text: string) => void;
}

export interface ImagectlResult {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Everything that helps to understand a failure. */
  readonly story: string;
}

export interface RunningImagectl {
  /** The process itself, as seen from here. Resolves as soon as it runs. */
  pid(): Promise<number>;
  readonly done: Promise<ImagectlResult>;
}

const program = fileURLToPath(new URL('../../cli/bin/imagectl.js', import.meta.url));

/** Start imagectl on a host of the lab, in its directory /srv. */
export function startImagectl(host: LabHost, args: readonly string[], options: ImagectlOptions = {}): RunningImagectl {
  const startedAt = performance.now();
  const child = prepare(host, args, options).then((command) => {
    const [enter, ...rest] = host.enter(command, options.env);
    const running = execa(enter, rest, { stdin: 'ignore', reject: false, stripFinalNewline: false });
    running.stdout.on('data', (piece: Buffer) => options.onStdout?.(piece.toString()));
    return { process: running };
  });
  const pid = async (): Promise<number> => innerPid((await child).process.pid!);
  const done = child.then(async ({ process: running }) => {
    const timer = setTimeout(
      () =>
        void pid().then(
          (inner) => process.kill(inner, 'SIGKILL'),
          () => undefined,
        ),
      options.deadlineMs ?? 60_000,
    );
    const { exitCode, stdout, stderr } = await running;
    clearTimeout(timer);
    const seconds = (performance.now() - startedAt) / 1000;
    const story = `imagectl ${args.join(' ')}\nexit ${exitCode} after ${seconds.toFixed(1)} s\n--- stderr\n${stderr}\n--- stdout\n${stdout.slice(-20_000)}`;
    return { exitCode, stdout, stderr, seconds, story };
  });
  return { pid, done };
}

async function prepare(host: LabHost, args: readonly string[], options: ImagectlOptions): Promise<readonly string[]> {
  const { config, noSshConfig, through = [] } = options;
  const [command = '', ...rest] = args;
  const added = noSshConfig ? [] : ['--ssh-config', '/etc/ssh/lab.conf'];
  if (config) {
    const path = `/etc/ssh/${randomUUID()}.json`;
    await writeFile(host.outside(path), JSON.stringify(config));
    added.push('--config', path);
  }
  return [...through, process.execPath, program, command, ...added, ...rest];
}

/** nsenter waits for the one process it started inside. */
async function innerPid(nsenterPid: number): Promise<number> {
  for (let round = 0; round < 500; round += 1) {
    const children = await readFile(`/proc/${nsenterPid}/task/${nsenterPid}/children`, 'utf8').catch(() => '');
    const pid = Number(children.trim().split(' ')[0]);
    const words = pid > 0 ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
    if (words.split('\0')[1] === program) return pid;
    await delay(5);
  }
  throw new Error('imagectl did not start');
}
