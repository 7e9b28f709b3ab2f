import type { Bytes } from './bytes.ts';
import type { Finding } from './finding.ts';
import type { ImageFormat } from './image-format.ts';
import type { ByteRange } from './image-source.ts';
import type { Backing } from './verdict.ts';

/** How one format is told, and what speaks against an image that has it. */
export interface Format {
  readonly name: ImageFormat;
  /** Formats that may show through: what a guest stored in an image of this one, or what such an image is made to be besides. */
  readonly covers?: readonly ImageFormat[];
  matches(image: Edges): boolean;
  /**
   * The size a guest sees, by the header, in bytes; `undefined` where the edges do not tell. Not there for formats that a guest sees
   * byte for byte.
   */
  declaredSize?(image: Edges): bigint | undefined;
  /** Not there where nothing can be wrong. `read` may be called twice at most. */
  examine?(image: Edges, read: ReadPieces, how: { readonly converting: boolean }): Examination | Promise<Examination>;
}

/** The first and the last bytes of an image; where they are all of it they overlap. */
export interface Edges {
  readonly start: Bytes;
  readonly end: Bytes;
  /** Of the whole image, in bytes. */
  readonly size: number;
}

/** Reads pieces from between the edges. What lies outside the image, or could not be read, is missing from a piece. */
export type ReadPieces = <Name extends string>(ranges: Readonly<Record<Name, ByteRange>>) => Promise<Readonly<Record<Name, Bytes>>>;

export interface Examination {
  readonly findings: readonly Finding[];
  readonly backing?: Backing;
  /** Where the edges do not tell, but reading on did. */
  readonly declaredSize?: bigint;
}
