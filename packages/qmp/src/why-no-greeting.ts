import { QmpError } from './qmp-error.ts';

/**
 * Tell a monitor that serves somebody else from one that hangs.
 *
 * A connection that was not accepted has no inode yet; while a monitor serves a client, it accepts no other.
 *
 * @param sockets what Linux says in `/proc/net/unix`; empty when that is not known
 */
export function whyNoGreeting(socketPath: string, sockets: string, timeoutMs: number): QmpError {
  const inodes = inodesOfConnections(socketPath, sockets);
  const servesAnother = inodes.length === 0 || (inodes.includes('0') && inodes.some((inode) => inode !== '0'));
  const silence = `the monitor at ${socketPath} did not greet within ${timeoutMs / 1000} s`;
  return servesAnother
    ? new QmpError(`${silence}: it serves another client, and it serves one at a time`, { kind: 'busy' })
    : new QmpError(`${silence}, though it serves nobody else: its process hangs`, { kind: 'timeout' });
}

/** The monitor's ends only. State 01 is the socket that listens. */
function inodesOfConnections(socketPath: string, sockets: string): readonly string[] {
  return sockets
    .split('\n')
    .map((line) => /^\S+ \S+ \S+ \S+ \S+ (\S+) +(\d+) (.*)$/.exec(line))
    .filter((found) => found?.[3] === socketPath && found[1] !== '01')
    .map((found) => found?.[2] ?? '');
}
