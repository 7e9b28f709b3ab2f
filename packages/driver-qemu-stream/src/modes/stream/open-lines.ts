import type { KeeperLine } from '../../keeper/keeper-line.ts';

const open = new Set<KeeperLine>();

/** The copy is over, and the image still handed out: as long as its lease is held, a guest may come and go. It keeps no process alive. */
export function keepOpen(line: KeeperLine): void {
  line.keepAlive(false);
  open.add(line);
  void line.closed.then(() => open.delete(line));
}

/** Give all leases back: what is handed out stays for those that are attached, and for nobody else. */
export async function endOpenLines(): Promise<void> {
  await Promise.all([...open].map((line) => line.end()));
}
