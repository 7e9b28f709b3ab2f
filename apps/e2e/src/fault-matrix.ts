import type { ErrorCode } from 'image-api';

/** How imagectl ends: well, by the `kill -9` that is the fault, or with an error. */
export type Ending = 'DONE' | 'KILLED' | ErrorCode;

/** What has the destination's name. Anything else, above all a part of an image, is a breach wherever it is seen. */
export type Holder = 'nothing' | 'the old image' | 'the new image' | 'what was put there';

/** What is in the destination's directory besides: at most one staging file, which the same copy goes on from. */
export type Beside = 'nothing' | 'a staging file';

/** What the same copy does when it is started again and the fault is gone. `is told it exists`: it was published already. */
export type Again = 'goes on' | 'begins anew' | 'is told it exists';

/** How a copy that ends well got over the fault: in the very try that was hit, or in another one. */
export type Over = 'in the same try' | 'another try goes on' | 'another try begins anew';

/** What one way of copying promises of a fault; several where the moment decides which it is. */
export interface Promised {
  readonly ends: readonly Ending[];
  readonly name: readonly Holder[];
  readonly beside: readonly Beside[];
  readonly again: readonly Again[];
  /** Of copies that end well; absent where nothing is promised of it. */
  readonly over?: readonly Over[];
  /** Tried by `npm run check -- --all` only. */
  readonly onlyAll?: true;
}

/** One fault, and what is promised of it by the ways of copying that meet it. */
export interface FaultRow<Way extends string = string> {
  /** What goes wrong; names the row. */
  readonly fault: string;
  /** How the tests make it go wrong. */
  readonly injected: string;
  readonly ways: Readonly<Record<Way, Promised>>;
}
