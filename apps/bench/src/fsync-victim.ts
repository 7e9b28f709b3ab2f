import { join } from 'node:path';
import { execa } from 'execa';

/** How long one neighbour waited for its writes to be on the disk, in milliseconds. */
export interface Waits {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** How many there were. */
  readonly count: number;
}

const bytes = 64 * 2 ** 20;

/** Lay out the file the neighbour writes to, so that it begins at once. */
export async function prepareVictim(folder: string): Promise<void> {
  await execa('fio', [...wordsFor(folder), '--rw=write', '--bs=1M', '--end_fsync=1']);
}

/** A neighbour who writes 4 KiB somewhere in its file and waits for the disk, again and again, for as long as `work` takes. */
export async function waitsDuring<T>(folder: string, work: () => Promise<T>): Promise<{ readonly waits: Waits; readonly result: T }> {
  const load = ['--rw=randwrite', '--bs=4k', '--ioengine=psync', '--fsync=1', '--time_based', '--runtime=1h'];
  const victim = execa('fio', [...wordsFor(folder), ...load, '--output-format=json'], { stdin: 'ignore', reject: false });
  try {
    const result = await work();
    victim.kill('SIGINT');
    return { waits: readWaits((await victim).stdout), result };
  } finally {
    victim.kill('SIGKILL');
  }
}

function wordsFor(folder: string): readonly string[] {
  return ['--name=victim', `--filename=${join(folder, 'victim.file')}`, `--size=${bytes}`];
}

interface Report {
  readonly jobs: readonly {
    readonly sync: { readonly lat_ns: { readonly max: number; readonly N: number; readonly percentile: Readonly<Record<string, number>> } };
  }[];
}

/** What fio tells of the calls that waited for the disk; other words may stand before it. */
export function readWaits(output: string): Waits {
  const report = JSON.parse(output.slice(output.indexOf('{'))) as Report;
  const { max, N: count, percentile } = report.jobs[0]?.sync.lat_ns ?? { max: NaN, N: 0, percentile: {} };
  const at = (name: string): number => (percentile[name] ?? NaN) / 1e6;
  return { p50: at('50.000000'), p99: at('99.000000'), p999: at('99.900000'), max: max / 1e6, count };
}
