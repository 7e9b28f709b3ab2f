/** A whole number of up to 64 bits. A `bigint` only where a `number` would lose digits, that is beyond 2^53. */
export type QmpInteger = number | bigint;

/** What a message can hold. A member that is `undefined` is left out. */
export type QmpValue = null | boolean | string | QmpInteger | readonly QmpValue[] | QmpObject;

export interface QmpObject {
  readonly [name: string]: QmpValue | undefined;
}
