import type { ImageError } from '@image-api/driver';
import type { Extent } from './data-extents.ts';

/** A file elsewhere that is read in pieces. Many pieces may be asked for at once; whoever asks keeps the number within reason. */
export interface RangeReader {
  /** For messages: where it is, without anything secret. */
  readonly name: string;
  readonly size: number;
  /** What tells this content from another one of the same name: the words of its server, as far as it has any. */
  readonly identity: string;
  /** Bytes that came from there so far, those of pieces that had to be asked for again too. */
  readonly bytesRead: number;
  /**
   * Exactly these bytes. What may pass by itself, such as a connection that is lost, is waited for and tried again.
   *
   * @throws ImageError `SOURCE_CHANGED` when it is no longer what it was when it was opened, `CANCELLED`, `INTERNAL` for bytes beyond
   * its end, and whatever else keeps it from being read
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Where there is data; all the rest is holes, which are zeros. Asked once. `undefined` where nobody can tell: then all of it may be data.
   * Never rejects.
   */
  extents?(): Promise<readonly Extent[] | undefined>;
  /**
   * Resolves when it still is what it was when it was opened.
   *
   * @throws ImageError `SOURCE_CHANGED`, and those of `read`
   */
  check(signal?: AbortSignal): Promise<void>;
  /** Let go of it; what is being read is given up. Calling it twice is harmless. */
  close(): Promise<void>;
}

/** How patient a reader is with what may pass by itself. */
export interface Patience {
  /** For how long a piece is tried again. Default 60 000; `Infinity` never gives up. */
  readonly patienceMs?: number;
  /** A connection on which no byte has come for so long counts as lost. Default 30 000. */
  readonly silenceMs?: number;
  /** Told when a piece failed and is tried again, and, with `undefined`, when reading works again. */
  readonly onTrouble?: (trouble: ImageError | undefined) => void;
}
