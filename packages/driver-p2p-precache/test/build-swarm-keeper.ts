import { buildProgram } from '../../host/test/build-program.ts';

/** Before all tests: the keeper of the swarm engine is a program of its own. */
export async function setup(): Promise<void> {
  await buildProgram({
    entry: 'driver-p2p-precache/src/engine/keeper/main.ts',
    built: 'driver-p2p-precache/dist/swarm-keeper.js',
    parts: ['driver', 'host', 'driver-p2p-precache'],
  });
}
