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

/**
 * The `cp` that shares all blocks, or fails. It works on a file that exists, which stays the same file with the same mode: cp changes the
 * mode of an existing file only if it is asked about modes at all, in either sense.
 */
export function cloneCommand({ from, to }: Ends): Command {
  return { tool: 'cp', args: ['--reflink=always', '-T', '--', from.path, to.path] };
}
