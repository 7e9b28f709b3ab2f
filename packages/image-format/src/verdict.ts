import type { Finding } from './finding.ts';
import type { ImageFormat } from './image-format.ts';

/** What an image is, and everything that speaks against opening it. */
export interface Verdict {
  /** Exactly one, or `several-formats` is among the findings. `raw` is what is left when nothing else fits. */
  readonly format: ImageFormat;
  /** The size a guest sees, in bytes. Absent where the header does not tell one, or tells one too large to be counted. */
  readonly virtualSize?: number;
  /** The image this one is a layer over. Absent, too, where the header's words for it make no sense. */
  readonly backing?: Backing;
  readonly findings: readonly Finding[];
}

/** A backing image as the header names it: not resolved, not checked. */
export interface Backing {
  readonly name: string;
  /** In QEMU's words: `raw`, `qcow2`, `vpc`… */
  readonly format?: string;
}
