import type { Driver } from '@image-api/driver';

/** A driver with one fault, and the one test that is meant to find it. */
export interface Mutant {
  readonly fault: string;
  /** The title of the test. */
  readonly fails: string;
  readonly create: () => Driver;
  /** It leaves something that would disturb others: it is tried alone, and this is called in the end. */
  readonly cleanUp?: () => void;
}
