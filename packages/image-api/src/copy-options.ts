import type { Digest, ImageFormat, Need, Priority } from '@image-api/driver';

/**
 * How sure the core makes itself before the real name appears.
 *
 * - `none`: not at all.
 * - `size`: by the size, and that the source did not change meanwhile.
 * - `content`: by all that is not zeros too, as `sha256` but for the digest of the whole: nobody hashes the zeros of holes, which decide how long that
 *   takes where little is data. Where no host can look at an end (a web server), as `sha256`.
 * - `sha256`: by the digests of both ends too. Where a driver hashes what it writes itself (cp), while it does, a sample of that is read back
 *   and compared; what any other wrote is read back whole. The result says which.
 * - `read-back`: as `sha256`, and what arrived is read back whole in any case. From a disk that takes as long as to write it.
 */
export type VerifyMode = 'none' | 'size' | 'content' | 'sha256' | 'read-back';

/** What a caller may ask of one copy. Everything has a default. */
export interface CopyOptions {
  /**
   * Rate in bytes per second, or text with a unit (`'20MiB/s'`, `'400Mbit/s'`, `'none'`); `'auto'`, or `'auto:100MiB/s'`, follows the
   * pressure on this machine's disks. Default: the config's, else none.
   */
  readonly limit?: number | string;
  /** Share one budget with all tasks of this user that name the same group, also in other processes; `limit` sets it, for all of them. */
  readonly group?: string;
  /** Claims the driver must have. */
  readonly needs?: readonly Need[];
  /** Use this driver and no other. */
  readonly driver?: string;
  /** What the source's format is; a claim that is checked. */
  readonly format?: ImageFormat;
  /** Convert to this format on the way. Default: bytes arrive as they are. */
  readonly toFormat?: ImageFormat;
  /** Default: the config's, else `size`. A `checksum` implies `sha256`. */
  readonly verify?: VerifyMode;
  /** The digest the content must have. */
  readonly checksum?: Digest;
  /** Default `never`: an existing destination is an error. Block devices need `replace`. */
  readonly overwrite?: 'never' | 'replace';
  /** Start from a clone of the destination's old content and send only what differs. Needs `overwrite: 'replace'`. */
  readonly delta?: boolean;
  /** Default `normal`. */
  readonly priority?: Priority;
  /**
   * Copy an image that needs another file, a backing file, to be read: it alone is copied, and of no use without the other at the same
   * place. Everything else that makes an image unsafe is refused all the same. Default false.
   */
  readonly allowBacking?: boolean;
  /** Largest size the image's header may declare, in bytes or with a unit. Default: the config's, else 2 TiB. */
  readonly maxVirtualSize?: number | string;
  /** Options for single drivers, by driver id. */
  readonly driverOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Aborting it is the same as `task.cancel()`. */
  readonly signal?: AbortSignal;
}
