import type { Rule } from '../../src/index.ts';

/** An image that something is wrong with. */
export interface Row {
  readonly what: string;
  /** Everything that must be found, and nothing else. */
  readonly rules: readonly Rule[];
  readonly image: () => Buffer;
}
