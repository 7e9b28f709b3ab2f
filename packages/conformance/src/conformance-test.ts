import type { Capabilities } from '@image-api/driver';
import type { Harness } from './harness/harness.ts';

/** What a test is about. */
export type Group =
  | 'declare'
  | 'probe'
  | 'offer'
  | 'basics'
  | 'errors'
  | 'abort'
  | 'untouched'
  | 'only to'
  | 'progress'
  | 'resume'
  | 'sparse'
  | 'delta'
  | 'limits'
  | 'pause'
  | 'readyEarly'
  | 'convert'
  | 'cache'
  | 'idle'
  | 'faithful'
  | 'dispose';

/** One fact that must hold of a driver. */
export interface ConformanceTest {
  readonly group: Group;
  /** A sentence whose subject is the driver. */
  readonly name: string;
  /** Whether the claims of a driver call for it: a claim for its proof, the lack of one for the proof that it is not done by accident. */
  readonly applies: (capabilities: Capabilities) => boolean;
  /** Why it cannot be tried on this machine; `undefined` when it can. */
  readonly missing?: () => string | undefined;
  /** It is about what a staging file may hold: on a route in place there is none. */
  readonly needsStaging?: true;
  /** It looks at bytes in the staging file, which only tell where they arrive as they are. */
  readonly needsPlainBytes?: true;
  /** It is of routes on which bytes begin and stop at once, or of those on which they do so later. */
  readonly onlyIf?: 'at once' | 'late';
  /** It looks at the clock, so a busy machine can make it fail: it is tried once more before it does. */
  readonly timed?: true;
  /** Rejects when the fact does not hold. */
  readonly run: (harness: Harness) => Promise<void>;
}

/** For facts that hold whatever is claimed. */
export const always = (): boolean => true;
