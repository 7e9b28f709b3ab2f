import type { ThrottleName } from '@image-api/qmp';
import type { CommandFlags } from '../flags/flags.ts';

/** The flags of `throttle`: text as it was typed, by the names commander gives to the options. */
export interface ThrottleFlags extends CommandFlags {
  readonly group?: string;
  /** Of `throttle print` only. */
  readonly as?: string;
  readonly [name: string]: string | true | undefined;
}

/** A limit that can be typed. */
export interface ThrottleFlag {
  readonly name: ThrottleName;
  /** What its value is. */
  readonly kind: 'rate' | 'count' | 'seconds' | 'size';
  readonly description: string;
}

/** In the order of the help. */
export const throttleFlags: readonly ThrottleFlag[] = [
  ...(['bps', 'iops'] as const).flatMap((unit) => (['total', 'read', 'write'] as const).flatMap((direction) => flagsOf(unit, direction))),
  { name: 'iops-size', kind: 'size', description: 'a request of more bytes than this counts as several' },
];

function flagsOf(unit: 'bps' | 'iops', direction: 'total' | 'read' | 'write'): readonly ThrottleFlag[] {
  const kind = unit === 'bps' ? 'rate' : 'count';
  const what = unit === 'bps' ? 'bytes a second' : 'requests a second';
  const which = { total: `${what}, read and written`, read: `${what} that are read`, write: `${what} that are written` }[direction];
  const name = `${unit}-${direction}` as const;
  return [
    { name, kind, description: which },
    { name: `${name}-max`, kind, description: 'how many for a while' },
    { name: `${name}-max-length`, kind: 'seconds', description: 'for how long; default: 1s' },
  ];
}

/** `bps-total` is `bpsTotal` to commander. */
export function flagKey(name: ThrottleName): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
