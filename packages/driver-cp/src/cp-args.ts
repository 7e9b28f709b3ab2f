import type { KnownEndpoint } from '@image-api/driver';

/** A tool and its arguments. */
export interface Command {
  readonly tool: string;
  readonly args: readonly string[];
}

/** Both ends of a copy. */
export interface Ends {
  readonly from: KnownEndpoint;
  readonly to: KnownEndpoint;
}

/** How the data gets there: shared blocks or an error, shared blocks or a copy, or a copy. */
export type Reflink = 'always' | 'auto' | 'never';

/** The first MiB of a device, which holds partition tables and headers. */
export const headLength: number = 2 ** 20;

/**
 * One `cp` onto a file that exists. It is truncated and filled in place, so it stays the same file with the same mode: cp changes
 * the mode of an existing file only if it is asked about modes at all, in either sense.
 */
export function cpCommand({ from, to }: Ends, reflink: Reflink): Command {
  // A device has no holes to ask for, so cp looks for zeros in what it reads.
  const how = from.facts.kind === 'block' ? ['--reflink=never', '--sparse=always'] : [`--reflink=${reflink}`, '--sparse=auto'];
  return { tool: 'cp', args: [...how, '-T', '--', from.path, to.path] };
}

/**
 * The `dd` that fill a device. The old header goes first and the new one comes last, each safe on disk before the next begins, so
 * that a device on which the copy was interrupted looks empty, neither like the old disk nor like the new one. Holes are written
 * as zeros.
 */
export function ddCommands({ from, to }: Ends): readonly Command[] {
  const size = from.facts.size ?? 0;
  const head = [`count=${Math.min(size, headLength)}`];
  const body = [`skip=${headLength}`, `seek=${headLength}`, `count=${size - headLength}`];
  const wipe = dd('/dev/zero', to.path, head);
  return [wipe, ...(size > headLength ? [dd(from.path, to.path, body)] : []), dd(from.path, to.path, head)];
}

/**
 * Written past the page cache: a cancelled copy then ends at once, where gigabytes of unwritten pages would first have to reach the
 * disk; and what the device says it has written is how far the copy is.
 */
function dd(from: string, to: string, where: readonly string[]): Command {
  const flags = ['iflag=fullblock,skip_bytes,count_bytes', 'oflag=direct,seek_bytes', 'conv=notrunc,nocreat,fsync', 'status=none'];
  return { tool: 'dd', args: [`if=${from}`, `of=${to}`, 'bs=4M', ...where, ...flags] };
}
