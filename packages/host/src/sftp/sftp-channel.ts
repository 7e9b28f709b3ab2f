import type { SshAccess } from '@image-api/driver';
import { ImageError, isImageError } from '@image-api/driver';
import { atExit } from '../at-exit.ts';
import { childEnvironment } from '../child-environment.ts';
import { endGroup } from '../end-group.ts';
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
}

/** What came of a question. */
interface Waiting {
  resolve(answer: SftpAnswer): void;
  reject(error: unknown): void;
}

/** A conversation with the SFTP server of a host, by an `ssh` of ours that dies with us. */
export class SftpChannel {
  readonly #host: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #splitter = new PacketSplitter((packet) => this.#hear(packet));
  readonly #stderr = new KeptText('last', 64 * 1024);
  #write: (bytes: Buffer) => void = () => undefined;
  #end: () => Promise<void> = () => Promise.resolve();
  #number = 0;
  #isGreeted = false;
  #heardAt = performance.now();
  #watch: NodeJS.Timeout | undefined;
  #failure: ImageError | undefined;

  private constructor(host: string) {
    this.#host = host;
  }

  /** @throws ImageError `UNREACHABLE`, `AUTH_DENIED`, `HOST_KEY`, `STALLED`; `UNSUPPORTED` when there is no SFTP server over there */
  static async open(options: ChannelOptions): Promise<SftpChannel> {
    const channel = new SftpChannel(authorityText(options.access));
    try {
      await channel.#start(options);
      return channel;
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  /** Why it is of no use any more. */
  get failure(): ImageError | undefined {
    return this.#failure;
  }

  /**
   * Ask something; the answer may be a refusal.
   *
   * @throws ImageError retryable when the channel is lost
   */
  ask(packetOf: (number: number) => Buffer): Promise<SftpAnswer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const number = (this.#number = (this.#number + 1) >>> 0);
    return this.#expect(number, packetOf(number));
  }

  /** End it; what waits for an answer is given up. */
  async close(failure?: ImageError): Promise<void> {
    clearInterval(this.#watch);
    this.#failure ??= failure ?? new ImageError(`the channel to ${this.#host} was closed`, { code: 'CANCELLED', origin: 'core' });
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
    child.once('close', () => void this.close(connectionLost(this.#stderr.text, this.#host)));
    this.#write = (bytes) => void stdin?.write(bytes);
    this.#end = async () => {
      stdin?.end();
      await endGroup(pid, 1000);
      forget();
    };
    this.#watch = setInterval(
      () => this.#checkSilence(this.#isGreeted ? silenceMs : Math.max(silenceMs, loginMs)),
      Math.min(1000, silenceMs / 4),
    );
    const answer = await this.#expect(-1, initPacket());
    if (answer.kind !== 'version' || answer.version < 3) throw strange(this.#host, 'it speaks no version of SFTP that we know');
    this.#isGreeted = true;
  }

  #expect(number: number, packet: Buffer): Promise<SftpAnswer> {
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
      void this.close(isImageError(error) ? error : strange(this.#host, this.#isGreeted ? 'it sends what nobody can understand' : noise));
    }
  }

  #hear(packet: Buffer): void {
    const answer = readAnswer(packet);
    const number = answer?.kind === 'version' ? -1 : answer?.number;
    const waiting = number === undefined ? undefined : this.#waiting.get(number);
    if (!answer || number === undefined || !waiting) throw strange(this.#host, 'it answers what nobody asked');
    this.#waiting.delete(number);
    waiting.resolve(answer);
  }

  #checkSilence(ms: number): void {
    if (this.#waiting.size === 0 || performance.now() - this.#heardAt < ms) return;
    const seconds = Math.round(ms / 100) / 10;
    const message = `reading from ${this.#host} came to a halt: nothing came for ${seconds} s; check that host and the network`;
    void this.close(new ImageError(message, { code: 'STALLED', origin: 'source', retryable: true }));
  }
}

const noise = 'what it says first is no SFTP; a start-up file of the account over there may say something, which it must not';

function connectionLost(stderr: string, host: string): ImageError {
  if (/subsystem request failed|sftp-server: not found/i.test(stderr))
    return new ImageError(`${host} has no SFTP server; switch it on there (Subsystem sftp), or let another driver do the copy`, {
      code: 'UNSUPPORTED',
      origin: 'source',
    });
  return connectionError(stderr, host);
}

function strange(host: string, what: string): ImageError {
  return new ImageError(`cannot read from ${host} by SFTP: ${what}`, { code: 'READ_FAILED', origin: 'source' });
}
