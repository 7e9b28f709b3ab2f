import { readFile } from 'node:fs/promises';
import type { LabHost } from './lab-host.ts';

/** Bytes that went out of, and came into, a host since it was started. */
export async function trafficOf(host: LabHost): Promise<{ readonly sent: number; readonly received: number }> {
  const table = await readFile(`/proc/${host.pid}/net/dev`, 'utf8');
  const fields = /eth0:\s*(.*)/.exec(table)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  return { received: fields[0] ?? 0, sent: fields[8] ?? 0 };
}
