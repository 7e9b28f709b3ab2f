import { crc32 } from 'node:zlib';

/** What a member tells the others of its group. Rates in bytes per second, `Infinity` where there is no end. */
export interface MemberRecord {
  /** Grows each time the record is written: who does not change it does nothing else either. */
  readonly beat: number;
  readonly demand: number;
  readonly holds: number;
  /** The group's budget as this member knows it. */
  readonly budget: number;
  /** Which of several budgets is the newest: the one with the highest number. */
  readonly budgetVersion: number;
}

/** Always as long, so that a new record covers the old one. */
const length = 160;

/** A record as a file holds it: written over the one before in one piece, with a sum that tells a reader whether it saw half of each. */
export function formatRecord({ beat, demand, holds, budget, budgetVersion }: MemberRecord): string {
  const text = JSON.stringify([beat, demand, holds, budget, budgetVersion], (_, value: unknown) => (value === Infinity ? null : value));
  return `${crc32(text).toString(16)} ${text}`.padEnd(length - 1) + '\n';
}

/** @returns `undefined` for what is no whole record */
export function parseRecord(file: string): MemberRecord | undefined {
  const [, sum, text = ''] = /^([0-9a-f]{1,8}) (\[[0-9a-z.e+,]*\]) *\n$/.exec(file) ?? [];
  if (sum === undefined || crc32(text).toString(16) !== sum) return undefined;
  const [beat, demand, holds, budget, budgetVersion] = (JSON.parse(text) as (number | null)[]).map((value) => value ?? Infinity);
  if (beat === undefined || demand === undefined || holds === undefined || budget === undefined || budgetVersion === undefined)
    return undefined;
  return { beat, demand, holds, budget, budgetVersion };
}
