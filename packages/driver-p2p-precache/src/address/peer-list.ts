import type { SwarmPeer } from '../engine/swarm-engine.ts';

/** So many are named in an address; a swarm hands out the others. */
const most = 64;

/** What `host:port,[::1]:port` means; `undefined` when it is not exactly that. Pure. */
export function parsePeers(text: string): readonly SwarmPeer[] | undefined {
  const peers = text.split(',').map(parsePeer);
  const whole = peers.filter((peer) => peer !== undefined);
  return whole.length === peers.length && whole.length <= most ? whole : undefined;
}

export function formatPeer({ host, port }: SwarmPeer): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parsePeer(text: string): SwarmPeer | undefined {
  const [, six, name, digits] = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}))):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? name;
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}
