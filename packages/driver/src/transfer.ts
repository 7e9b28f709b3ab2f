import type { Digest, ImageFormat } from './endpoint.ts';
import type { OfferContext } from './offer.ts';
import type { Limits } from './limits.ts';

/** Counters, told apart. All absolute, all in bytes, none ever goes down within one attempt. */
export interface Counters {
  /** Position in the image: of `total`, this much is dealt with. */
  readonly bytesLogical: number;
  /** Read from the source. */
  readonly bytesRead: number;
  /** Put on the wire, after compression. */
  readonly bytesSent: number;
  /** Not moved because it was not necessary: holes, unchanged or already there. */
  readonly bytesSkipped: number;
  /**
   * Of an image that is used while it comes: what came because somebody read there, ahead of the background and outside of its limit. In
   * bytes of the image. Absent where there is no such thing.
   */
  readonly bytesOnDemand?: number;
}

/** A report from a driver. Fields that it does not know are left out, not guessed. */
export interface ProgressUpdate extends Partial<Counters> {
  /** `connect`, `copy`, `flush`… in the driver's own words. */
  readonly phase?: string;
  /** How much there is, and how sure that is. Default: the source's size, exact. */
  readonly total?: { readonly bytes: number; readonly certainty: 'exact' | 'estimated' };
}

/** An image that can be used before, or after, it is complete. */
export interface ReadyImage {
  /** Where to attach: `nbd+unix:///…?socket=…`, or the published file. */
  readonly uri: string;
  /** What a reader of `uri` sees: `raw` for a served disk, the file's own format for a published file. */
  readonly format: ImageFormat;
  readonly writable: boolean;
  /** Tell the service that nobody needs the address any more. */
  release(): Promise<void>;
}

/** What a transfer answers when it is over. */
export interface TransferReport {
  readonly counters: Partial<Counters>;
  /** How many bytes a reader of the source sees, where no host can look (nbd). */
  readonly fromSize?: number;
  /** The source's digest, where no host can compute it (http, nbd), or where it was made while the image was read (see `Capabilities.hashes`). */
  readonly fromDigest?: Digest;
  /**
   * The digest of what a reader of the destination sees, read back from there, where no host can compute it (nbd) or compare it (a
   * converted copy of a source that no host can look at).
   */
  readonly toDigest?: Digest;
  /**
   * The digest of what was written, made of the very bytes that the system took, all of them, to be at the destination where they belong: the
   * core then reads back a sample, and all of it only where that was asked for. Not for what another program wrote.
   */
  readonly writtenDigest?: Digest;
  /**
   * The driver wrote all of the image itself: the very bytes that it read, which the system took, all of them, to be where they belong. Where the
   * content is to be compared, the core then compares a sample. Not for what another program wrote.
   */
  readonly wroteItself?: true;
  /**
   * Where no host can look at the destination (a running VM's disk): the job that moved the image ended without error, everything is
   * flushed, and the disk's chain is as it was asked for.
   */
  readonly chain?: true;
  /**
   * The image was let go of before all of it had come, as it was asked for (only what is read is fetched): it is not published, and what
   * is there is kept for another time.
   */
  readonly incomplete?: true;
  /**
   * What did not go as it was offered, though the image is there and whole: one phrase each, for the user. `no piece came from any peer; what
   * was missing was read from https://…`. Default: nothing.
   */
  readonly warnings?: readonly string[];
}

/** What a driver is given to do its work with. */
export interface TransferContext extends OfferContext {
  /** An empty private directory on this machine for small things such as sockets, removed when the attempt is over. */
  readonly scratchDir: string;
  /** Tell how far the copy is. Cheap; call it as often as there is news. */
  report(update: ProgressUpdate): void;
  /** The image is usable at `image.uri`, though bytes are still coming. Nothing is published yet. */
  ready(image: ReadyImage): void;
  /**
   * For drivers that move bytes themselves: call it before each piece. Resolves when the piece may go (pause and limit are
   * kept by waiting), rejects with `CANCELLED` when the copy was cancelled.
   */
  checkpoint(bytes: number): Promise<void>;
  /** Tell how to pause, and how to go on, while bytes move. Returns a function that takes it back. */
  onControl(event: 'pause' | 'resume', handler: () => Promise<void>): () => void;
  /** Tell how to change the limits while bytes move; the handler answers what is in force. Returns a function that takes it back. */
  onControl(event: 'limits', handler: (limits: Limits) => Promise<Limits>): () => void;
}
