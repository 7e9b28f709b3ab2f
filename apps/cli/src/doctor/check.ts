/** One thing that was checked. */
export interface Check {
  readonly name: string;
  /** `warn`: copies work, but not all of them or not as well as they could. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}
