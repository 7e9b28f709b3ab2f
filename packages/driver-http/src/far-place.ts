import { isImageError } from '@image-api/driver';
import type { Host, ImageError, SshAccess, TransferRequest } from '@image-api/driver';
import { findErrno, longestPiece, openSftpWriter, soon } from '@image-api/host';
import type { Extent, SftpWriter } from '@image-api/host';
import { cancelled, fileProblem, noHost } from './http-errors.ts';
import type { ImagePlace } from './image-place.ts';
import type { WebJob } from './web-job.ts';

/** From a cancel on, a host has so long for what it was told; then it is left alone. */
const cancelMs = 1400;

/** A file of an ssh host, written over the connection that stands. */
export class FarPlace implements ImagePlace {
  /** No write is answered while the disk over there is waited for. */
  readonly mostUnsynced: number = 64 * 2 ** 20;
  readonly #request: TransferRequest;
  readonly #signal: AbortSignal;
  readonly #host: Host;
  readonly #writer: SftpWriter;
  readonly #onAbort = (): void => void (this.#late = setTimeout(() => void this.#writer.close(this.#cancelled()), cancelMs));
  #late: NodeJS.Timeout | undefined;
  #errno: Promise<string | undefined> | undefined;

  private constructor({ request, context }: WebJob, host: Host, writer: SftpWriter) {
    this.#request = request;
    this.#signal = context.signal;
    this.#host = host;
    this.#writer = writer;
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal.aborted) this.#onAbort();
  }

  /** Open what is there; nothing is made. */
  static async open(job: WebJob): Promise<FarPlace> {
    const { request, context, settings } = job;
    const { signal } = context;
    const host = context.hosts.to;
    if (!isFar(host)) throw noHost(request);
    try {
      const writer = await openSftpWriter({ access: host.ssh, path: request.to.path }, { signal, silenceMs: settings.stallMs });
      return new FarPlace(job, host, writer);
    } catch (error) {
      if (signal.aborted) throw cancelled(request, signal);
      throw isImageError(error) ? fileProblem(error, request, await errnoOf(error, () => lookThere(host, request))) : error;
    }
  }

  get canSync(): boolean {
    return this.#writer.canSync;
  }

  async resize(size: number): Promise<void> {
    await this.#attempt(this.#writer.resize(size));
  }

  async write(runs: readonly Extent[], bytes: Uint8Array, at: number): Promise<void> {
    const writes = await Promise.allSettled(runs.map(({ from, to }) => this.#writer.write(bytes.subarray(from - at, to - at), from)));
    const failed = writes.find((write) => write.status === 'rejected');
    if (failed) await this.#attempt(Promise.reject(failed.reason as Error));
  }

  async writeBeside(bytes: Uint8Array, at: number): Promise<void> {
    await this.#attempt(this.#writer.write(bytes, at));
  }

  async read(at: number, length: number): Promise<Buffer> {
    return this.#attempt(this.#writer.read(at, length));
  }

  async sync(): Promise<void> {
    await this.#attempt(this.#writer.sync());
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    await this.#writer.close();
    clearTimeout(this.#late);
  }

  async #attempt<T>(call: Promise<T>): Promise<T> {
    return call.catch(async (error: unknown) => {
      if (this.#signal.aborted) throw this.#cancelled();
      // Of many writes that failed, one is looked into.
      const look = (): Promise<string | undefined> => (this.#errno ??= lookThere(this.#host, this.#request));
      throw isImageError(error) ? fileProblem(error, this.#request, await errnoOf(error, look)) : error;
    });
  }

  #cancelled(): ImageError {
    return cancelled(this.#request, this.#signal);
  }
}

/** What the system over there calls it: SFTP has a number for the fewest things, and then it must be looked there. */
async function errnoOf({ code, details }: ImageError, look: () => Promise<string | undefined>): Promise<string | undefined> {
  const isVague = code === 'WRITE_FAILED' && details['action'] !== undefined && details['errno'] === undefined;
  return isVague ? look() : undefined;
}

function lookThere(host: Host, { from, to: { path } }: TransferRequest): Promise<string | undefined> {
  const missing = host.stat(path).then((stat) => Math.max(longestPiece, (from.facts.size ?? 0) - (stat?.allocated ?? 0)));
  return soon(missing.then((bytes) => findErrno(host, path, bytes)));
}

/** A machine that can be written to by SFTP. */
export function isFar(host: Host | undefined): host is Host & { readonly ssh: SshAccess } {
  return host?.ssh !== undefined;
}
