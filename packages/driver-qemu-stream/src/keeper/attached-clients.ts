import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The kernel lists sockets piece by piece, and may miss one while others come and go. */
const looks = 5;
const betweenMs = 20;
/** Thousands of sockets in one piece. */
const pieceLength = 2 ** 20;

/**
 * How many are connected to a unix socket of this machine, as the kernel lists it. QEMU does not tell who uses what it serves.
 *
 * @param ours connections that are not counted. Default 0
 */
export async function attachedClients(path: string, ours = 0): Promise<number> {
  for (let look = 1; look <= looks; look++) {
    const found = countConnected(await readTable(), path) - ours;
    if (found > 0) return found;
    if (look < looks) await sleep(betweenMs);
  }
  return 0;
}

/** The sockets that the server got by accepting carry its path, in state 3; the one it listens at is in state 1. */
export function countConnected(table: string, path: string): number {
  const rows = table.split('\n').map((line) => /^\S+: \S+ \S+ \S+ \S+ (\S+) +\d+ (.*)$/.exec(line));
  return rows.filter((row) => row?.[1] === '03' && row[2] === path).length;
}

async function readTable(): Promise<string> {
  const file = await open('/proc/net/unix', 'r');
  try {
    const pieces: string[] = [];
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(pieceLength), 0, pieceLength);
      if (bytesRead === 0) return pieces.join('');
      pieces.push(buffer.toString('utf8', 0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
