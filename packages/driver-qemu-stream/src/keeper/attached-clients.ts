import { readFile } from 'node:fs/promises';

/** How many are connected to a unix socket of this machine, as the kernel lists it. QEMU does not tell who uses what it serves. */
export async function attachedClients(path: string): Promise<number> {
  return countConnected(await readFile('/proc/net/unix', 'utf8'), path);
}

/** The sockets that the server got by accepting carry its path, in state 3; the one it listens at is in state 1. */
export function countConnected(table: string, path: string): number {
  const rows = table.split('\n').map((line) => /^\S+: \S+ \S+ \S+ \S+ (\S+) +\d+ (.*)$/.exec(line));
  return rows.filter((row) => row?.[1] === '03' && row[2] === path).length;
}
