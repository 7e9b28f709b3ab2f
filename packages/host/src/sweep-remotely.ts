import { posix } from 'node:path';
import type { Host, ImageError, Leftover, SweepOptions } from '@image-api/driver';
import { errnoFromText } from './errno-from-text.ts';
import { fileError } from './file-error.ts';
import { noFlock } from './remote-scripts.ts';
import { toolMissing } from './run-local.ts';
import { sweepScript } from './sweep-script.ts';
import { wholeOutput } from './whole-output.ts';

type Run = Host['run'];

/** See `Host.sweep`. One round trip, whatever is found. @param quick runs what takes a moment, such as a look at the files of one name */
export async function sweepRemotely(
  { run, quick }: { readonly run: Run; readonly quick: Run },
  host: string,
  directory: string,
  options: SweepOptions,
): Promise<Leftover[]> {
  const { prefix, except = '', olderThanMs = 0, dryRun = false } = options;
  const words = [directory, prefix, except, String(Math.ceil(olderThanMs)), dryRun ? 'look' : ''];
  const args = ['-c', sweepScript, 'sh', ...words];
  const { exitCode, stderr, stdout } = await (prefix === '' ? wholeOutput(run) : quick)('sh', args);
  const lines = stdout.split('\n').slice(0, -1);
  if (exitCode === 0) return lines.map((line) => readLeftover(directory, line));
  throw exitCode === noFlock ? toolMissing('flock', host) : failure(host, directory, lines.at(-1), stderr);
}

/** `STATE LINKS SIZE ALLOCATED AGE NAME`. */
function readLeftover(directory: string, line: string): Leftover {
  const [state = '', links, size, allocated, ageMs] = line.split(' ', 5);
  return {
    path: posix.join(directory, nameIn(line)),
    size: Number(size),
    allocated: Number(allocated),
    ageMs: Number(ageMs),
    published: Number(links) > 1,
    state: state as Leftover['state'],
  };
}

/** A name may hold blanks. */
function nameIn(line: string): string {
  return line.split(' ').slice(5).join(' ');
}

/** The last line tells which file it was, if it was about one. */
function failure(host: string, directory: string, last: string | undefined, stderr: string): ImageError {
  const errno = errnoFromText(stderr);
  const said = { side: 'destination', host, said: stderr, errno } as const;
  if (!last?.startsWith('failed ')) return fileError({ ...said, action: 'look into', path: directory });
  return fileError({ ...said, action: 'remove', path: posix.join(directory, nameIn(last)) });
}
