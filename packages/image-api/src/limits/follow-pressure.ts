import { readFileSync } from 'node:fs';
import { machineClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { LimitSource } from './limit-source.ts';
import { parsePressure } from './parse-pressure.ts';
import { PressureSource } from './pressure-source.ts';

export interface PressureOptions {
  /** What the copy may use whatever the others do, in bytes per second. Default: 1 MiB/s. */
  readonly floor?: number;
  /** What it may use at most, in bytes per second. Default: no limit. */
  readonly ceiling?: number | undefined;
  /** Reads a file in the format of `/proc/pressure/io`. Default: that file, so all of this machine. */
  readonly readPressure?: () => Promise<string>;
  readonly clock?: Clock;
}

/** A copy that nobody waits for, and that hardly anybody notices, in bytes per second. */
const defaultFloor: number = 2 ** 20;

/**
 * A limit that follows how much others wait for the disks of this machine: up to the ceiling while nobody does, down to the floor while
 * somebody has to wait for a fifth of the time. It gives way within three seconds. For a copy that keeps a disk busy all the
 * time it costs an eighth of its speed: for so long it stands still to listen.
 *
 * `begin()` rejects with UNSUPPORTED where the kernel does not measure pressure.
 */
export function followPressure({
  floor = defaultFloor,
  ceiling,
  readPressure = readOwn,
  clock = machineClock,
}: PressureOptions): LimitSource {
  const bounds = { floor: Math.min(floor, ceiling ?? Infinity), ceiling: ceiling ?? Infinity };
  return new PressureSource({ bounds, clock, waitedMs: async () => parsePressure(await readPressure()) });
}

/** Synchronous: the kernel has the answer at hand, and copies may keep every thread busy. */
async function readOwn(): Promise<string> {
  return readFileSync('/proc/pressure/io', 'latin1');
}
