import type { ImageFormat } from '@image-api/driver';
import type { KeeperWords, SftpFile } from '@image-api/host';
import type { NbdAddress } from '../daemon/block-nodes.ts';

/** Where the daemon finds the bytes of a source. */
export type SourceAt =
  | { readonly kind: 'file' | 'host_device'; readonly path: string; readonly format: ImageFormat }
  | { readonly kind: 'nbd'; readonly at: NbdAddress; readonly exportName: string; readonly format: ImageFormat };

/** Where a stream takes its blocks from: there, or from where only we go, and serve it to the daemon. */
export type StreamFrom =
  | SourceAt
  | { readonly kind: 'web'; readonly href: string; readonly format: ImageFormat }
  | { readonly kind: 'ssh'; readonly href: string; readonly file: SftpFile; readonly format: ImageFormat };

/** All that a keeper has to know of an image to hand it out. Plain data; two that are equal are for the same. */
export interface ServeOrder {
  readonly from: StreamFrom;
  /** The staging file. */
  readonly to: string;
  readonly writable: boolean;
  /** How long whoever reads waits for a source that went away. */
  readonly sourceLossMs: number;
  /** A program of QEMU that does not answer for so long is given up. */
  readonly stallMs: number;
  /** Bytes of address space of the daemon. */
  readonly memory: number;
}

/** What the process that wants the image tells its keeper. Each is answered. */
export type Order =
  /** Work for me. Refused while it works for another. */
  | { readonly do: 'lease' }
  | { readonly do: 'serve'; readonly order: ServeOrder; readonly copy: CopyNames }
  /** Bring everything that is missing; answered when it is there. `speed` in bytes per second, 0 for no limit. */
  | { readonly do: 'stream'; readonly speed: number }
  /** Answered when the image was let go of. */
  | { readonly do: 'wait' }
  | { readonly do: 'speed'; readonly speed: number }
  | { readonly do: 'pause' | 'resume' }
  /** Bring nothing more, and stay only for those that are attached; answered with whether there are any. */
  | { readonly do: 'leave' }
  /** Nobody needs the address any more. */
  | { readonly do: 'release' }
  /** What is it that you serve? Answered to anybody, with `null` while it is nothing. */
  | { readonly do: 'tell' }
  /** End, if the copy is over and nobody is attached; from anybody. Answered with how many are attached. */
  | { readonly do: 'let go' };

/** A copy as its user knows it. */
export interface CopyNames {
  /** Of its task. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** What a keeper serves. */
export interface KeptImage extends CopyNames {
  /** Where to attach. */
  readonly uri: string;
  readonly writable: boolean;
  /** How many are attached. */
  readonly attached: number;
  /** Everything is there. */
  readonly complete: boolean;
  /** The copy is over, or was interrupted: it serves on for those that are attached. */
  readonly serving: boolean;
}

/** What `serve` is answered. */
export interface Served {
  /** The socket of the NBD server. */
  readonly socket: string;
  /** Bytes of the disk. */
  readonly size: number;
  /** Of them, those that an earlier try had left. */
  readonly present: number;
}

/** How far the background is. */
export interface StreamProgress {
  /** Up to where everything is there. */
  readonly offset: number;
  readonly size: number;
  /** From the source in all, for guests too. */
  readonly bytesRead: number;
  /** Of the disk, what came because somebody read there ahead of the background. */
  readonly bytesOnDemand: number;
}

/** What a keeper says: an answer to an order, or news. */
export interface KeeperMessage extends KeeperWords {
  readonly progress?: StreamProgress;
  /** The source went away and is waited for; `null` when it is back. */
  readonly trouble?: string | null;
}
