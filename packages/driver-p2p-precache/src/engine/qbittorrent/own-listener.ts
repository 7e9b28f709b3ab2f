import { readFile } from 'node:fs/promises';

const listening = '0A';

/**
 * Whether a process of this user listens on a port of 127.0.0.1: whoever else does would be told our password.
 */
export async function ownListener(port: number, uid: number | undefined = process.getuid?.()): Promise<boolean> {
  return listenerIn(await readFile('/proc/net/tcp', 'latin1'), port) === uid;
}

/** The user whose listener has a port of 127.0.0.1, as the kernel lists it; `undefined` when nobody listens there. Pure. */
export function listenerIn(table: string, port: number): number | undefined {
  const place = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const uid = rows.find(([, local, , state]) => local === place && state === listening)?.[7];
  return uid === undefined ? undefined : Number(uid);
}
