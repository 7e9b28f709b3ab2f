import { hostname } from 'node:os';
import type { networkInterfaces } from 'node:os';
import type { SwarmPeer } from '../engine/swarm-engine.ts';

/**
 * Where others reach an engine that may listen everywhere: the first address of this machine that is not its own alone, else its name. Pure.
 *
 * @param interfaces as `networkInterfaces()` tells them
 */
export function reachableAddress({ host, port }: SwarmPeer, interfaces: ReturnType<typeof networkInterfaces>): SwarmPeer {
  if (host !== '0.0.0.0' && host !== '::') return { host, port };
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const others = all.filter(({ internal, scopeid }) => !internal && !scopeid);
  const found = others.find(({ family }) => family === 'IPv4') ?? others[0];
  return { host: found?.address ?? hostname(), port };
}
