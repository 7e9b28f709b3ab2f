import type { SshAccess } from '@image-api/driver';
import { ImageError, isImageError } from '@image-api/driver';
import { atExit } from '../at-exit.ts';
import { childEnvironment } from '../child-environment.ts';
import { endGroup } from '../end-group.ts';
import type { Side } from '../file-error.ts';
import { findTool } from '../find-tool.ts';
import { KeptText } from '../kept-text.ts';
import { signalGroup } from '../process-group.ts';
import { toolMissing } from '../run-local.ts';
import { spawnGroup } from '../spawn-group.ts';
import { authorityText, sshArgs } from '../ssh-access.ts';
import { connectionError } from '../ssh-error.ts';
import { workerCommand } from '../worker-command.ts';
import { PacketSplitter } from './packet-splitter.ts';
import { initPacket, readAnswer } from './sftp-packet.ts';
import type { SftpAnswer } from './sftp-packet.ts';

const loginMs = 60_000;

/** How to get one. */
export interface ChannelOptions {
  readonly access: SshAccess;
  readonly ours: NodeJS.ProcessEnv;
  /** A channel that says nothing for so long, though it was asked, counts as lost. */
  readonly silenceMs: number;
  /** Which end of a copy the files are that it is for. */
  readonly side: Side;
  /** Gives up what is being opened. */
  readonly signal?: AbortSignal;
}

/** What came of a question. */
interface Waiting {
  resolve(answer: SftpAnswer): void;
  reject(error: unknown): void;
}

/** A conversation with the SFTP server of a host, by an `ssh` of ours that dies with us. */
export class SftpChannel {
  readonly #host: string;
  readonly #side: Side;
  readonly #waiting = new Map<number, Waiting>();
  readonly #splitter = new PacketSplitter((packet) => this.#hear(packet));
  readonly #stderr = new KeptText('last', 64 * 1024);
  #write: (parts: readonly Uint8Array[]) => void = () => undefined;
  #end: () => Promise<void> = () => Promise.resolve();
  #number = 0;
  #isGreeted = false;
  #heardAt = performance.now();
  #watch: NodeJS.Timeout | undefined;
  #failure: ImageError | undefined;
  #extensions: ReadonlySet<string> = new Set();

  private constructor(host: string, side: Side) {
    this.#host = host;
    this.#side = side;
  }

  /** @throws ImageError `UNREACHABLE`, `AUTH_DENIED`, `HOST_KEY`, `STALLED`; `UNSUPPORTED` when there is no SFTP server over there */
  static async open(options: ChannelOptions): Promise<SftpChannel> {
    const { access, side, signal } = options;
    const channel = new SftpChannel(authorityText(access), side);
    const giveUp = (): void => void channel.close();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      if (signal?.aborted) throw closed(channel.#host);
      await channel.#start(options);
      return channel;
    } catch (error) {
      await channel.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** What its server can do beyond the protocol, by the names these things have. */
  get extensions(): ReadonlySet<string> {
    return this.#extensions;
  }

  /** Why it is of no use any more. */
  get failure(): ImageError | undefined {
    return this.#failure;
  }

  /**
   * Ask something; the answer may be a refusal.
   *
   * @param bytes go behind the packet, uncopied: they must not change before there is an answer
   * @throws ImageError retryable when the channel is lost
   */
  ask(packetOf: (number: number) => Buffer, ...bytes: readonly Uint8Array[]): Promise<SftpAnswer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const number = (this.#number = (this.#number + 1) >>> 0);
    return this.#expect(number, packetOf(number), ...bytes);
  }

  /** End it; what waits for an answer is given up. */
  async close(failure?: ImageError): Promise<void> {
    clearInterval(this.#watch);
    this.#failure ??= failure ?? closed(this.#host);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#failure);
    await this.#end();
  }

  async #start({ access, ours, silenceMs }: ChannelOptions): Promise<void> {
    const environment = childEnvironment(ours, access.environment);
    const searchPath = environment['PATH'];
    if (!(await findTool(access.program, searchPath))) throw toolMissing(access.program, 'local');
    const command = { file: access.program, args: ['-s', ...sshArgs(access), 'sftp'] };
    const { child, pid } = await spawnGroup(await workerCommand(command, searchPath), { environment, stdin: 'hold' });
    const forget = atExit(() => signalGroup(pid, 'SIGKILL'));
    const { stdin, stdout, stderr } = child;
    for (const part of [child, stdin, stdout, stderr]) part?.on('error', () => undefined);
    stdout?.on('data', (piece: Buffer) => this.#take(piece));
    stderr?.on('data', (piece: Buffer) => void this.#stderr.add(piece));
    child.once('close', () => void this.close(connectionLost(this.#stderr.text, this.#host, this.#side)));
    this.#write = (parts) => {
      stdin?.cork();
      for (const part of parts) stdin?.write(part);
      stdin?.uncork();
    };
    this.#end = async () => {
      // What was not sent by now must not be: who gave it may use its memory for something else.
      stdin?.destroy();
      await endGroup(pid, 1000);
      forget();
    };
    if (this.#failure) throw this.#failure;
    this.#watch = setInterval(
      () => this.#checkSilence(this.#isGreeted ? silenceMs : Math.max(silenceMs, loginMs)),
      Math.min(1000, silenceMs / 4),
    );
    const answer = await this.#expect(-1, initPacket());
    if (answer.kind !== 'version' || answer.version < 3) throw this.#strange('it speaks no version of SFTP that we know');
    this.#extensions = answer.extensions;
    this.#isGreeted = true;
  }

  #expect(number: number, ...packet: readonly Uint8Array[]): Promise<SftpAnswer> {
    if (this.#waiting.size === 0) this.#heardAt = performance.now();
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#write(packet);
    });
  }

  #take(piece: Buffer): void {
    this.#heardAt = performance.now();
    if (this.#failure) return;
    try {
      this.#splitter.add(piece);
    } catch (error) {
      void this.close(isImageError(error) ? error : this.#strange(this.#isGreeted ? 'it sends what nobody can understand' : noise));
    }
  }

  #hear(packet: Buffer): void {
    const answer = readAnswer(packet);
    const number = answer?.kind === 'version' ? -1 : answer?.number;
    const waiting = number === undefined ? undefined : this.#waiting.get(number);
    if (!answer || number === undefined || !waiting) throw this.#strange('it answers what nobody asked');
    this.#waiting.delete(number);
    waiting.resolve(answer);
  }

  #checkSilence(ms: number): void {
    if (this.#waiting.size === 0 || performance.now() - this.#heardAt < ms) return;
    const seconds = Math.round(ms / 100) / 10;
    const doing = this.#side === 'source' ? 'reading from' : 'writing to';
    const message = `${doing} ${this.#host} came to a halt: nothing came from there for ${seconds} s; check that host and the network`;
    void this.close(new ImageError(message, { code: 'STALLED', origin: this.#side, retryable: true }));
  }

  #strange(what: string): ImageError {
    const [doing, code] = this.#side === 'source' ? (['read from', 'READ_FAILED'] as const) : (['write to', 'WRITE_FAILED'] as const);
    return new ImageError(`cannot ${doing} ${this.#host} by SFTP: ${what}`, { code, origin: this.#side });
  }
}

const noise = 'what it says first is no SFTP; a start-up file of the account over there may say something, which it must not';

function connectionLost(stderr: string, host: string, side: Side): ImageError {
  if (/subsystem request failed|sftp-server: not found/i.test(stderr))
    return new ImageError(`${host} has no SFTP server; switch it on there (Subsystem sftp), or let another driver do the copy`, {
      code: 'UNSUPPORTED',
      origin: side,
    });
  return connectionError(stderr, host);
}

function closed(host: string): ImageError {
  return new ImageError(`the channel to ${host} was closed`, { code: 'CANCELLED', origin: 'core' });
}
