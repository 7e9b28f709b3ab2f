import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The program that keeps a swarm engine. */
export function keeperProgram(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@image-api/driver-p2p-precache/package.json')), 'dist/swarm-keeper.js');
}
