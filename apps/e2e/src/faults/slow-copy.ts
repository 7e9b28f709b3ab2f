import type { HitOptions } from '../fault-cell.ts';
import { tamper } from './strace.ts';

/** The ways of copying on one machine. */
export type LocalWay = 'cp' | 'rsync';

/** Both take a second or more for a few mebibytes, so that there is a middle for a fault to fall into. */
export const slowly: Readonly<Record<LocalWay, HitOptions>> = {
  // By reading and writing, 128 KiB at a time; whoever started it is slowed, too, at each write.
  cp: { through: tamper('copy_file_range:error=EXDEV', 'write:delay_exit=6000') },
  rsync: { args: ['--limit', '8MiB/s'] },
};
