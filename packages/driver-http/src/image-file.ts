import { longestPiece, missingIn } from '@image-api/host';
import type { Extent } from '@image-api/host';
import type { ImagePlace } from './image-place.ts';
import type { WebJob } from './web-job.ts';

const zeros = Buffer.alloc(longestPiece);

/** The file an image arrives in, wherever it is. All its errors are of the destination. */
export class ImageFile {
  readonly #place: ImagePlace;
  #touched = false;

  private constructor(place: ImagePlace) {
    this.#place = place;
  }

  /** Open what is there; nothing is made. */
  static async open(job: WebJob): Promise<ImageFile> {
    return new ImageFile(await openPlace(job));
  }

  /** Whether anything was changed. */
  get touched(): boolean {
    return this.#touched;
  }

  /** Whether what is there can be recorded: nothing is, unless it is known to be safe on the disk. */
  get canSync(): boolean {
    return this.#place.canSync;
  }

  /** After so many bytes, at the most, they are to be made safe. */
  get mostUnsynced(): number {
    return this.#place.mostUnsynced;
  }

  /** Of a file that holds something else: let it be empty. */
  async begin(size: number): Promise<void> {
    await this.resize(0);
    await this.resize(size);
  }

  async resize(size: number): Promise<void> {
    this.#touched = true;
    await this.#place.resize(size);
  }

  /**
   * Write a piece where nothing but zeros is, or the same bytes: what of it is zeros stays a hole.
   *
   * @param bytes as far behind a boundary of a page of memory as they go behind one of the file
   */
  async write(bytes: Uint8Array, at: number): Promise<void> {
    this.#touched = true;
    const isZeros = ({ from, to }: Extent): boolean => zeros.compare(bytes, from - at, to - at, 0, to - from) === 0;
    await this.#place.write(missingIn([{ from: at, to: at + bytes.length }], isZeros), bytes, at);
  }

  /** What is kept behind the image while it comes. */
  async writeBeside(bytes: Uint8Array, at: number): Promise<void> {
    this.#touched = true;
    await this.#place.writeBeside(bytes, at);
  }

  /** As many bytes as there are, up to `length`. */
  async read(at: number, length: number): Promise<Buffer> {
    return this.#place.read(at, length);
  }

  /** Resolves when what was written would survive a power cut. */
  async sync(): Promise<void> {
    await this.#place.sync();
  }

  async close(): Promise<void> {
    await this.#place.close();
  }
}

/** Only what is needed of the two is loaded. */
async function openPlace(job: WebJob): Promise<ImagePlace> {
  if (job.request.to.scheme === 'ssh') return (await import('./far-place.ts')).FarPlace.open(job);
  return (await import('./local-place.ts')).LocalPlace.open(job.request);
}
