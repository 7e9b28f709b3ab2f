import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type {
  Endpoint,
  Host,
  Limits,
  Offer,
  ProgressUpdate,
  ReadyImage,
  TransferContext,
  TransferReport,
  TransferRequest,
} from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { keeperDirectory } from '../src/keeper/keeper-directory.ts';
import { qemuStream } from '../src/index.ts';
import type { QemuStreamOptions } from '../src/index.ts';
import { findProcesses } from './find-processes.ts';

const stagingName = '.staging.part';
export const mib: number = 2 ** 20;
const run = promisify(execFile);

export interface CopyingOptions {
  /** Of random data at the front of the source. Default 8. */
  readonly mebibytes?: number;
  /** Size of the disk, the rest of which is a hole. Default: that of the data. */
  readonly size?: number;
  readonly options?: QemuStreamOptions;
  /** The host of the source. Default: this machine. */
  readonly from?: Host;
  readonly wish?: Partial<TransferRequest>;
}

/** A copy under way, in the hand of a core. */
export interface Running {
  readonly ready: Promise<ReadyImage>;
  readonly done: Promise<TransferReport>;
  readonly updates: ProgressUpdate[];
  cancel(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  setLimits(limits: Limits): Promise<Limits>;
}

/** A raw image and a staging file, with the core's part played. */
export class Copying {
  readonly folder: string;
  readonly from: string;
  readonly to: string;
  readonly #input: CopyingOptions;
  readonly #hosts = createHosts();
  readonly #directory: string;
  readonly #driver: ReturnType<typeof qemuStream>;

  constructor(folder: string, input: CopyingOptions) {
    this.folder = folder;
    this.from = join(folder, 'from.raw');
    this.to = join(folder, 'to', stagingName);
    this.#input = input;
    this.#directory = keeperDirectory(this.to);
    this.#driver = qemuStream(input.options);
  }

  get request(): TransferRequest {
    const { size = 0, mebibytes = 8, wish } = this.#input;
    const facts = { kind: 'file', size: Math.max(size, mebibytes * mib), allocated: mebibytes * mib, format: 'raw' } as const;
    return {
      id: 'task-1',
      from: { ...endpointOf(this.from), facts },
      to: { ...endpointOf(this.to), facts: { kind: 'file', size: 0, allocated: 0 } },
      name: endpointOf(join(this.folder, 'to', 'disk.qcow2')),
      toFormat: 'qcow2',
      overwrite: 'never',
      limits: {},
      priority: 'normal',
      needs: ['readyEarly'],
      driverOptions: {},
      ...wish,
    };
  }

  /** This machine. */
  get host(): Host {
    return this.#hosts.local;
  }

  offer(wish: Partial<TransferRequest> = {}): Promise<Offer> {
    return this.#driver.offer({ ...this.request, ...wish }, this.#context(new AbortController().signal));
  }

  begin(wish: Partial<TransferRequest> = {}): Running {
    const cancel = new AbortController();
    const controls = new Map<string, (limits: Limits) => Promise<unknown>>();
    const updates: ProgressUpdate[] = [];
    const control = (name: string, limits: Limits = {}): Promise<unknown> =>
      controls.get(name)?.(limits) ?? Promise.reject(new Error(name));
    let done: Promise<TransferReport> | undefined;
    const ready = new Promise<ReadyImage>((resolve, reject) => {
      const context: TransferContext = {
        ...this.#context(cancel.signal),
        scratchDir: this.folder,
        report: (update) => void updates.push(update),
        ready: resolve,
        checkpoint: () => Promise.resolve(),
        onControl: (event: string, handler: (limits: Limits) => Promise<unknown>) => {
          controls.set(event, handler);
          return () => controls.delete(event);
        },
      };
      done = this.#driver.transfer({ ...this.request, ...wish }, context);
      done.catch(reject);
    });
    ready.catch(() => undefined);
    return {
      ready,
      done: done ?? Promise.reject(new Error('it did not begin')),
      updates,
      cancel: () => cancel.abort(),
      pause: async () => void (await control('pause')),
      resume: async () => void (await control('resume')),
      setLimits: async (limits) => (await control('limits', limits)) as Limits,
    };
  }

  /** Bytes that the staging file takes by now. */
  get arrived(): number {
    return statSync(this.to).blocks * 512;
  }

  async sourceBytes(at: number, length: number): Promise<Buffer> {
    const file = await open(this.from, 'r');
    try {
      return (await file.read(Buffer.alloc(length), 0, length, at)).buffer;
    } finally {
      await file.close();
    }
  }

  /** Let the lines to all keepers break, as they do when the process dies. */
  async hangUp(): Promise<void> {
    await this.#driver.dispose?.();
  }

  /** What differs between the source and what arrived, as a guest sees it; nothing where they are the same. */
  async difference(): Promise<string> {
    const { stdout } = await run('qemu-img', ['compare', '-U', '-f', 'raw', '-F', 'qcow2', this.from, this.to]).catch(
      (error: { stdout: string; stderr: string }) => ({ stdout: `${error.stdout}${error.stderr}` }),
    );
    return stdout.includes('identical') ? '' : stdout;
  }

  /** The daemons that serve or fill this staging file, and their keepers. */
  processes(of: 'keeper' | 'daemon' | 'all'): number[] {
    const directory = this.directory;
    if (of === 'daemon') return findProcesses(join(directory, 'monitor'));
    const all = findProcesses(directory);
    if (of === 'all') return all;
    const daemons = this.processes('daemon');
    return all.filter((pid) => !daemons.includes(pid));
  }

  /** Of its keeper. */
  get directory(): string {
    return this.#directory;
  }

  async left(): Promise<string[]> {
    return readdir(this.directory).catch(() => []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver.dispose?.();
    for (const pid of this.processes('keeper')) kill(pid, 'SIGTERM');
    await this.#hosts.close();
    await rm(this.folder, { recursive: true });
  }

  #context(signal: AbortSignal): Pick<TransferContext, 'env' | 'signal' | 'hosts'> {
    const { local } = this.#hosts;
    return {
      env: { local, logger: { debug: () => undefined, warn: () => undefined } },
      signal,
      hosts: { from: this.#input.from ?? local, to: local },
    };
  }
}

/** Put up a copy. */
export async function copying(input: CopyingOptions = {}): Promise<Copying> {
  const folder = await mkdtemp(join(tmpdir(), 'image-api-stream-'));
  await mkdir(join(folder, 'to'));
  await writeFile(join(folder, 'to', stagingName), '', { mode: 0o600 });
  const copy = new Copying(folder, input);
  const { mebibytes = 8, size = 0 } = input;
  const source = await open(copy.from, 'w');
  for (let at = 0; at < mebibytes; at++) await source.write(randomBytes(mib), 0, mib, at * mib);
  await source.truncate(Math.max(size, mebibytes * mib));
  await source.close();
  return copy;
}

function endpointOf(path: string): Endpoint {
  return { scheme: 'file', path, params: {}, href: `file://${path}` };
}

/** One that has ended meanwhile needs none. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
