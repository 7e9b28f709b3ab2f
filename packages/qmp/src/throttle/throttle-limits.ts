import type { DriveInfo, ThrottleName } from '../block-objects.ts';
import type { DriveThrottle } from '../qmp-commands.ts';
import type { QmpObject, QmpValue } from '../qmp-value.ts';

/**
 * The limits of a running disk: bytes (`bps`) and requests (`iops`) per second, in all or read and written apart; how much of them for a
 * while (`-max`), and for how many seconds (`-max-length`, 1 where it is missing); and from how many bytes on a request counts as
 * several (`iops-size`). What is missing, or 0, is not limited.
 */
export type ThrottleLimits = Readonly<Partial<Record<ThrottleName, number>>>;

const directions = ['total', 'read', 'write'] as const;

/** The six kinds of limits, without their bursts. */
export const throttleBases: readonly `${'bps' | 'iops'}-${(typeof directions)[number]}`[] = (['bps', 'iops'] as const).flatMap((unit) =>
  directions.map((direction) => `${unit}-${direction}` as const),
);

/** All names, in the order in which people read them. */
export const throttleNames: readonly ThrottleName[] = [
  ...throttleBases.flatMap((base) => [base, `${base}-max`, `${base}-max-length`] as const),
  'iops-size',
];

/** What is in force after a change: each number that is not mentioned stays; 0 takes one away, and its burst with it. */
export function mergeLimits(inForce: ThrottleLimits, change: ThrottleLimits): ThrottleLimits {
  const merged: Partial<Record<ThrottleName, number>> = { ...inForce, ...change };
  for (const base of throttleBases) {
    if (change[base] === 0 && !change[`${base}-max`]) delete merged[`${base}-max`];
    if (!merged[`${base}-max`] && change[`${base}-max-length`] === undefined) delete merged[`${base}-max-length`];
  }
  if (!throttleBases.some((base) => base.startsWith('iops') && merged[base]) && change['iops-size'] === undefined)
    delete merged['iops-size'];
  return limitsOf((name) => merged[name]);
}

/** Only what limits: without zeros, and without lengths that are so by themselves. */
export function limitsOf(valueOf: (name: ThrottleName) => QmpValue | undefined): ThrottleLimits {
  const entries = throttleNames.map((name) => [name, Number(valueOf(name) ?? 0)] as const);
  const needless = new Map<string, number>(throttleBases.map((base) => [`${base}-max-length`, 1]));
  return Object.fromEntries(entries.filter(([name, value]) => value !== 0 && value !== needless.get(name)));
}

/** The limits of a throttle group, as QEMU tells them. */
export function limitsOfGroup(told: QmpObject): ThrottleLimits {
  return limitsOf((name) => told[name]);
}

/** All numbers, for a group keeps those that are not mentioned. */
export function groupLimits(limits: ThrottleLimits): Readonly<Record<ThrottleName, number>> {
  const unmentioned = (name: ThrottleName): number => (name.endsWith('-length') ? 1 : 0);
  return Object.fromEntries(throttleNames.map((name) => [name, limits[name] || unmentioned(name)])) as Record<ThrottleName, number>;
}

/** The limits of a machine's drive, as QEMU tells them. */
export function limitsOfDrive(inserted: NonNullable<DriveInfo['inserted']>): ThrottleLimits {
  return limitsOf((name) => inserted[driveName(name)] as QmpValue | undefined);
}

/** In the words of `block_set_io_throttle`, which forgets what is not mentioned. */
export function driveLimits(limits: ThrottleLimits): DriveThrottle {
  const mentioned = throttleNames.filter((name) => limits[name] || throttleBases.some((base) => base === name));
  return Object.fromEntries(mentioned.map((name) => [driveName(name), limits[name] ?? 0])) as unknown as DriveThrottle;
}

function driveName(name: ThrottleName): string {
  return name.replace('-total', '').replace('-read', '_rd').replace('-write', '_wr').replaceAll('-', '_');
}
