import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** One write of a neighbour: when it was over, in seconds since the neighbour began, and how long it took. */
export type Write = readonly [seconds: number, milliseconds: number];

const bytes = 256 * 2 ** 20;

/** Lay the file out that neighbours write to, so that they begin at once. */
export async function prepareNeighbour(folder: string): Promise<void> {
  await execa('fio', [...wordsFor(folder), '--rw=write', '--bs=1M', '--end_fsync=1']);
}

/**
 * A neighbour who writes small pieces all over its file, each of which has to be on the disk before the next: four at a time, like a busy
 * database. Answers the longest write of each tenth of a second.
 */
export async function visit(folder: string, seconds: number): Promise<readonly Write[]> {
  const log = join(folder, 'neighbour');
  const load = ['--rw=randwrite', '--bs=4k', '--sync=dsync', '--ioengine=psync', '--numjobs=4', '--time_based', `--runtime=${seconds}`];
  await execa('fio', [
    ...wordsFor(folder),
    ...load,
    `--write_lat_log=${log}`,
    '--log_avg_msec=100',
    '--log_max_value=1',
    '--per_job_logs=0',
  ]);
  return parseLatencies(await readFile(`${log}_lat.log`, 'utf8'));
}

function wordsFor(folder: string): readonly string[] {
  return ['--name=neighbour', `--filename=${join(folder, 'neighbour.file')}`, `--size=${bytes}`, '--output-format=terse', '--minimal'];
}

/** Lines of `milliseconds, nanoseconds, direction, …`. */
function parseLatencies(log: string): readonly Write[] {
  return log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map(Number))
    .map(([atMs = 0, nanoseconds = 0]) => [atMs / 1000, nanoseconds / 1e6]);
}
