import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { guestArgs } from './guest-args.ts';
import type { GuestDisk } from './guest-args.ts';
import { openGuestChannel } from './guest-channel.ts';
import type { GuestAnswer, GuestChannel } from './guest-channel.ts';
import { guestPowerOff } from './guest-scripts.ts';
import { guestSystem } from './guest-system.ts';
import { makeLabDirectory } from './lab-directory.ts';
import type { LabHost } from './lab-host.ts';

export interface GuestOptions {
  /** See {@link GuestDisk}; `rawDisk` and `nbdDisk` make them. */
  readonly disks?: readonly GuestDisk[];
  /** The disk that the guest goes on from, such as `/dev/vda`. Default: it stays in its memory, and mounts nothing. */
  readonly root?: string;
  /** A host of a lab to run it on. Default: this machine. */
  readonly host?: LabHost;
  /** Default 192. */
  readonly memoryMebibytes?: number;
  /** Default: a small system of busybox. */
  readonly system?: { readonly kernel: string; readonly initramfs: string };
  /** More arguments of the emulator. */
  readonly args?: readonly string[];
  /** Until it listens. Default 90000. */
  readonly bootMs?: number;
}

/** A virtual machine that runs, and does what it is told. It dies with this process. */
export interface Guest {
  /** Its emulator, as seen from here. */
  readonly pid: number;
  /** Where its monitor listens: the path on the host it runs on. */
  readonly qmpSocket: string;
  /** From the start of the emulator until the guest listened. */
  readonly bootSeconds: number;
  /** Run a shell command to its end, one after the other. Resolves with what it printed; rejects when its exit status is not 0. */
  run(command: string, options?: { readonly deadlineMs?: number }): Promise<string>;
  /** The same, whatever its exit status. */
  ask(command: string, options?: { readonly deadlineMs?: number }): Promise<GuestAnswer>;
  /** What its console says, so far. */
  console(): Promise<string>;
  /** Let it unmount and end. Rejects when it did not end well. */
  shutdown(options?: { readonly deadlineMs?: number }): Promise<void>;
  /** Pull the plug. */
  kill(): Promise<void>;
}

/** Boot a guest, under emulation and so in some seconds, and wait until it listens. */
export async function startGuest(options: GuestOptions = {}): Promise<Guest> {
  const startedAt = performance.now();
  const { pid, directory, channel, ended, console, kill } = await startEmulator(options);
  const within = <Value>(work: Promise<Value>, deadlineMs: number, what: string): Promise<Value> => before(work, deadlineMs, what, console);
  try {
    await within(channel.listening, options.bootMs ?? 90_000, 'booting');
  } catch (error) {
    await kill();
    throw error;
  }
  const ask: Guest['ask'] = (text, { deadlineMs = 60_000 } = {}) => within(channel.ask(text), deadlineMs, text);
  const run: Guest['run'] = async (text, runOptions) => {
    const { status, output } = await ask(text, runOptions);
    if (status !== 0) throw new Error(`in the guest: ${text}\nexit ${status}: ${output}`);
    return output;
  };
  const shutdown: Guest['shutdown'] = async ({ deadlineMs = 60_000 } = {}) => {
    channel.tell(guestPowerOff);
    try {
      const { exitCode, tail } = await within(ended, deadlineMs, 'shutting down');
      if (exitCode !== 0) throw new Error(`the guest did not end well (exit ${exitCode}): ${tail}`);
    } finally {
      await kill();
    }
  };
  const bootSeconds = (performance.now() - startedAt) / 1000;
  return { pid: await pid(), qmpSocket: `${directory}/qmp.sock`, bootSeconds, ask, run, console, kill, shutdown };
}

interface Emulator {
  /** As seen from here. */
  pid(): Promise<number>;
  /** As its host names it. */
  readonly directory: string;
  readonly channel: GuestChannel;
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly tail: string }>;
  console(): Promise<string>;
  kill(): Promise<void>;
}

async function startEmulator(options: GuestOptions): Promise<Emulator> {
  const { host, disks = [], root, memoryMebibytes = 192, args = [] } = options;
  const { kernel, initramfs } = options.system ?? (await guestSystem());
  const { inside, outside } = await makeDirectory(host);
  const words = guestArgs({ kernel, initramfs, disks, ...(root && { root }), memoryMebibytes, directory: inside, more: args });
  // Whatever ends this process ends the guest.
  const command = ['setpriv', '--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', ...words] as const;
  const [program, ...rest] = host ? host.enter(command) : command;
  const child = execa(program, rest, { reject: false, stdin: 'pipe', buffer: { stdout: false } });
  const channel = openGuestChannel(child.stdin, child.stdout);
  const console = (): Promise<string> => readFile(`${outside}/console.log`, 'utf8').catch(() => '');
  const ended = child.then(async ({ exitCode, signal, stderr }) => {
    const tail = (await console()).slice(-3000);
    channel.fail(new Error(`the guest is gone (${signal ?? `exit ${exitCode}`}): ${stderr}\n--- its console\n${tail}`));
    await rm(outside, { recursive: true, force: true });
    return { exitCode, tail };
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const pid = async (): Promise<number> => (host ? onlyChild(child.pid!) : child.pid!);
  return { pid, directory: inside, channel, ended, console, kill };
}

/** A directory for its sockets, as the host names it and as this process does. */
async function makeDirectory(host: LabHost | undefined): Promise<{ readonly inside: string; readonly outside: string }> {
  if (!host) {
    const directory = await makeLabDirectory();
    return { inside: directory, outside: directory };
  }
  const outside = await mkdtemp(host.outside('/tmp/guest-'));
  return { inside: `/tmp/${basename(outside)}`, outside };
}

/** What entered a host waits there for the one process it started inside. */
async function onlyChild(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim());
}

async function before<Value>(work: Promise<Value>, deadlineMs: number, what: string, console: () => Promise<string>): Promise<Value> {
  const stop = new AbortController();
  const late = delay(deadlineMs, undefined, { signal: stop.signal }).then(async () => {
    throw new Error(`the guest took longer than ${deadlineMs} ms: ${what}\n--- its console\n${(await console()).slice(-3000)}`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}
