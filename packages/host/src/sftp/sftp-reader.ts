import { ImageError } from '@image-api/driver';
import { allocationOf } from '../allocation.ts';
import { checkPiece } from '../check-piece.ts';
import { worthAsking } from '../data-extents.ts';
import type { Extent } from '../data-extents.ts';
import { escapeControl } from '../escape-control.ts';
import { givenUp, keepTrying } from '../keep-trying.ts';
import { PendingReads } from '../pending-reads.ts';
import type { Patience, RangeReader } from '../range-reader.ts';
import { notAnImage } from '../refusal.ts';
import { authorityText } from '../ssh-access.ts';
import type { SftpFile } from './open-sftp-reader.ts';
import { remoteExtents } from './remote-extents.ts';
import { changedOver } from './sftp-error.ts';
import type { SftpPlace } from './sftp-error.ts';
import { SftpFileHandle } from './sftp-file-handle.ts';
import type { SftpAttributes } from './sftp-packet.ts';

/** How often, at most, it is looked whether it changed, while it is read. */
const lookEveryMs = 1000;

/** A file of an ssh host. See `openSftpReader`. */
export class SftpReader implements RangeReader {
  readonly name: string;
  readonly #file: SftpFile;
  readonly #place: SftpPlace;
  readonly #patience: Patience;
  readonly #ours: NodeJS.ProcessEnv;
  readonly #pending = new PendingReads();
  readonly #closing = new AbortController();
  #handle: Promise<SftpFileHandle> | undefined;
  #size = 0;
  #identity = '';
  #isDevice = false;
  #bytesRead = 0;
  #lookedAt = performance.now();
  #asked: Promise<readonly Extent[] | undefined> | undefined;
  #extents: readonly Extent[] | undefined;

  constructor(file: SftpFile, patience: Patience, ours: NodeJS.ProcessEnv) {
    this.#file = file;
    this.#place = { host: authorityText(file.access), path: file.path, side: 'source' };
    this.#patience = patience;
    this.#ours = ours;
    this.name = `${escapeControl(file.path)} on ${this.#place.host}`;
  }

  get size(): number {
    return this.#size;
  }

  get identity(): string {
    return this.#identity;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Find out what is there. */
  async open(signal?: AbortSignal): Promise<void> {
    await this.#patiently(
      signal,
      () => 0,
      async () => {
        const { attributes, isDevice } = await this.#openHandle();
        const size = isDevice ? this.#file.size : attributes.size;
        if (size === undefined || !Number.isSafeInteger(size)) throw notAnImage(this.#place.path, this.#place.host);
        this.#size = size;
        this.#isDevice = isDevice;
        this.#identity = this.#textOf(attributes);
      },
    );
    void this.extents();
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    checkPiece(this, offset, length);
    const pieces = allocationOf(this.#extents, offset, length).filter(({ isHole }) => !isHole);
    const bytes = pieces.length === 1 && pieces[0]?.length === length ? Buffer.allocUnsafeSlow(length) : Buffer.alloc(length);
    let came = 0;
    await this.#patiently(
      signal,
      () => came,
      async (own) => {
        const handle = await this.#openHandle();
        const reading = pieces.map((piece) =>
          handle.read(
            piece,
            bytes.subarray(piece.offset - offset, piece.offset - offset + piece.length),
            (count) => {
              came += count;
              this.#bytesRead += count;
            },
            own,
          ),
        );
        await Promise.all([...reading, this.#lookNowAndThen(handle)]);
      },
    );
    return bytes;
  }

  extents(): Promise<readonly Extent[] | undefined> {
    return (this.#asked ??= this.#askExtents());
  }

  async check(signal?: AbortSignal): Promise<void> {
    await this.#patiently(
      signal,
      () => 0,
      async () => this.#look(await this.#openHandle()),
    );
  }

  async close(): Promise<void> {
    const reason = new ImageError(`${this.name} was closed while it was read`, { code: 'CANCELLED', origin: 'caller' });
    this.#pending.endAll(reason);
    this.#closing.abort(reason);
    await this.#handle?.then(
      (handle) => handle.close(),
      () => undefined,
    );
    await this.#asked;
  }

  /** The answer to a signal is at once, whatever the other side does. */
  #patiently(outer: AbortSignal | undefined, progress: () => number, once: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.#pending.run(outer, (signal) => {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(givenUp({ name: this.name, signal })), { once: true });
      });
      aborted.catch(() => undefined);
      const trying = keepTrying({ ...this.#patience, name: this.name, signal, progress, once: () => once(signal) });
      trying.catch(() => undefined);
      return Promise.race([trying, aborted]);
    });
  }

  /** One for all, opened anew when it was lost. */
  async #openHandle(): Promise<SftpFileHandle> {
    if (this.#closing.signal.aborted) throw givenUp({ name: this.name, signal: this.#closing.signal });
    const opening = (this.#handle ??= this.#openAnew());
    const handle = await opening.catch((error: unknown) => {
      if (this.#handle === opening) this.#handle = undefined;
      throw error;
    });
    if (!handle.isLost) return handle;
    if (this.#handle === opening) this.#handle = undefined;
    return this.#openHandle();
  }

  async #openAnew(): Promise<SftpFileHandle> {
    const { silenceMs = 30_000 } = this.#patience;
    const handle = await SftpFileHandle.open(this.#place, { access: this.#file.access, ours: this.#ours, silenceMs, side: 'source' });
    if (this.#identity !== '') await this.#compare(handle, handle.attributes);
    return handle;
  }

  async #lookNowAndThen(handle: SftpFileHandle): Promise<void> {
    if (performance.now() - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = performance.now();
    await this.#look(handle);
  }

  async #look(handle: SftpFileHandle): Promise<void> {
    for (const attributes of await handle.look()) await this.#compare(handle, attributes);
  }

  async #compare(handle: SftpFileHandle, attributes: SftpAttributes): Promise<void> {
    const now = this.#textOf(attributes);
    if (now === this.#identity) return;
    const changed = changedOver(this.#place, this.#identity, now);
    await handle.close(changed);
    throw changed;
  }

  async #askExtents(): Promise<readonly Extent[] | undefined> {
    if (this.#isDevice || this.#size < worthAsking) return undefined;
    const { access, path } = this.#file;
    return (this.#extents = await remoteExtents({ access, path, ours: this.#ours, size: this.#size, signal: this.#closing.signal }));
  }

  #textOf({ size, modified }: SftpAttributes): string {
    return this.#isDevice ? `size ${this.#size}` : `size ${size ?? 'unknown'}, modified ${modified ?? 'unknown'}`;
  }
}
