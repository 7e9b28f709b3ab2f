import type { ImageFormat, Route } from './endpoint.ts';

/**
 * What a driver claims it can do: plain data, constant over the driver's life. A missing field means "no". The conformance kit
 * proves each claim, and that what is not claimed is not done by accident.
 */
export interface Capabilities {
  /** The directions it can move bytes in; at least one. */
  readonly routes: readonly Route[];
  /** Formats it can turn into others. Without it, bytes arrive as they are. */
  readonly convert?: { readonly from: readonly ImageFormat[]; readonly to: readonly ImageFormat[] };
  /** Holes stay holes. */
  readonly sparse?: boolean;
  /** Goes on from the bytes that an interrupted try left in the staging file. */
  readonly resume?: boolean;
  /** Sends only what differs from what the staging file already holds. */
  readonly delta?: boolean;
  /** The image is usable before it is complete: `context.ready()` is called. */
  readonly readyEarly?: boolean;
  /** Answers `onControl('pause' | 'resume')`. */
  readonly pause?: boolean;
  /** `start`: a limit given at the start holds from the first byte. `live`: it can also be changed while bytes move. */
  readonly limits?: 'start' | 'live';
  /** `bytes`: counters grow while bytes move. `phases`: only the name of the phase is told. */
  readonly progress?: 'phases' | 'bytes';
  /** Keeps `priority: 'idle'`: gives way to everything else on the machines it works on. */
  readonly idle?: boolean;
  /**
   * Where it moves bytes, and `verify` is `sha256`, it hashes them on their way: `TransferReport.fromDigest` is always told, so that the source
   * need not be read once more beside it, and `writtenDigest` where it wrote them itself.
   */
  readonly hashes?: boolean;
  /** Implements `fill()`: puts content near, ahead of a copy. */
  readonly cache?: boolean;
}

/** Something a caller can insist on; a driver that does not claim it is dropped at the stage `need`. */
export type Need = 'sparse' | 'resume' | 'delta' | 'readyEarly' | 'pause' | 'limits' | 'liveLimits' | 'progress' | 'cache';
