/**
 * The whole set of limits of one copy. A field that is absent is not limited, so a new set replaces the old one entirely.
 */
export interface Limits {
  /** Bytes per second, a positive number. What is charged (wire bytes or image bytes) is for the driver's offer to say. */
  readonly bandwidth?: number;
}

/** `idle` asks for a copy that gives way to everything else on the machine. */
export type Priority = 'normal' | 'idle';
