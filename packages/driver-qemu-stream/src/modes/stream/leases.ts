import type { KeeperLine } from '../../keeper/keeper-line.ts';

const held = new Set<KeeperLine>();

/** This one works for us. */
export function holdLease(line: KeeperLine): void {
  held.add(line);
  void line.closed.then(() => held.delete(line));
}

/** Give all leases back: what is handed out stays for those that are attached, and for nobody else. */
export async function endLeases(): Promise<void> {
  await Promise.all([...held].map((line) => line.end()));
}
