import type { HitOptions } from '../fault-cell.ts';

/** The ways of copying on one machine. */
export type LocalWay = 'cp' | 'rsync';

/** Two tries, one right after the other. */
const config = { retry: { attempts: 2, delayMs: 50 } };

/** No patience. */
export const impatient: Readonly<Record<string, unknown>> = {
  ...config,
  drivers: [
    ['cp', { stallMs: 1500 }],
    ['rsync', { stallMs: 1500 }],
  ],
};

/** It takes a second or more for a few mebibytes, so that there is a middle for a fault to fall into. */
export const slowly: HitOptions = { config, args: ['--limit', '8MiB/s'] };

/** As fast as they are. */
export const quickly: HitOptions = { config };
