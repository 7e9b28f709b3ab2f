import type * as fs from 'node:fs/promises';
import { childEnvironment } from './child-environment.ts';
import { startLocal } from './run-local.ts';
import { runWorker } from './run-worker.ts';

/** A piece of a file that is no hole, in bytes; `to` is the first byte after it. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** A file with fewer bytes of holes than this is read sooner than asked about. */
export const worthAsking: number = 4 * 1024 * 1024;

/** A hole shorter than this is read along with what is around it: to go round it would take longer. */
export const worthSkipping: number = 128 * 1024;

/**
 * For `perl`, because Node has no call for it. 3 and 4 are SEEK_DATA and SEEK_HOLE, and 6 is ENXIO: nothing but a hole follows. Each step goes
 * forward, so it ends whatever is done to the file meanwhile.
 */
export const extentsScript: string = `
open(FILE, '<&=', 3) or exit 1;
my ($at, $end) = (0, $ARGV[0]);
while ($at < $end) {
  my $from = sysseek(FILE, $at, 3);
  defined $from or exit($! == 6 ? 0 : 1);
  my $to = sysseek(FILE, $from + 0, 4);
  defined $to or exit($! == 6 ? 0 : 1);
  print $from + 0, ' ', $to + 0, "\\n";
  $at = $to > $at ? $to : $at + 1;
}
`.trim();

/** How to ask. */
export interface ExtentsQuery {
  /** Bytes from the start on that are asked about. */
  readonly size: number;
  /** The environment whose `PATH` leads to `perl`. */
  readonly ours: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** A hole shorter than this counts as data where data is on both its sides. Default 0. */
  readonly shortest?: number;
}

/** As `dataExtents`, of a file that is to be read: without holes that are not worth going round. `undefined` where all is to be read. */
export async function worthwhileExtents(
  file: fs.FileHandle,
  query: Omit<ExtentsQuery, 'shortest'>,
): Promise<readonly Extent[] | undefined> {
  const { size, blocks } = await file.stat();
  return size - blocks * 512 < worthAsking ? undefined : dataExtents(file, { ...query, shortest: worthSkipping });
}

/** Where in an open file there is data; `undefined` where nobody can tell. */
export async function dataExtents(
  file: fs.FileHandle,
  { size, ours, signal, shortest = 0 }: ExtentsQuery,
): Promise<readonly Extent[] | undefined> {
  // Elsewhere the two numbers mean something else, or nothing.
  if (process.platform !== 'linux') return undefined;
  // There may be more than what a run keeps.
  const pieces: string[] = [];
  const start = (): ReturnType<typeof startLocal> =>
    startLocal('perl', ['-e', extentsScript, String(size)], {
      environment: childEnvironment(ours),
      descriptors: [file.fd],
      onStdout: (text) => void pieces.push(text),
    });
  try {
    const { exitCode } = await runWorker({ about: 'perl', start }, signal ? { signal } : {});
    return exitCode === 0 ? readExtents(pieces.join(''), size, shortest) : undefined;
  } catch {
    return undefined;
  }
}

/** A line for each: `FROM TO`. Of those in the answer each begins behind the one before it, and none goes beyond the end. */
export function readExtents(text: string, end: number, shortest: number): Extent[] {
  const extents: Extent[] = [];
  for (const [, first, last] of text.matchAll(/^(\d+) (\d+)$/gm)) {
    const [from, to] = [Number(first), Math.min(end, Number(last))];
    const before = extents.at(-1);
    if (from >= to || (before && to <= before.to)) continue;
    if (before && from < before.to + shortest) extents[extents.length - 1] = { from: before.from, to };
    else extents.push({ from, to });
  }
  return extents;
}
