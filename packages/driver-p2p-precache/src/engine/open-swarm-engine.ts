import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isImageError } from '@image-api/driver';
import type { Host } from '@image-api/driver';
import { OrderLine, callKeeper, createHosts, sharedDirectory, startKeeper } from '@image-api/host';
import { keeperProgram } from './keeper/keeper-program.ts';
import { KeptEngine } from './keeper/kept-engine.ts';
import { longestMessage } from './keeper/messages.ts';
import type { SwarmOrder } from './keeper/messages.ts';
import type { ListenWish } from './qbittorrent/choose-ports.ts';
import type { SwarmEngine, SwarmPeer } from './swarm-engine.ts';

const lost = 'the program that keeps the swarm engine ended, and the engine with it; the same copy goes on from what is there';
/** Longer than a start can take. */
const startMs = 100_000;

interface Found {
  readonly line: OrderLine<SwarmOrder>;
  readonly listening: SwarmPeer;
}

/**
 * Find the swarm engine of this user that listens so, or start one: it is under a keeper, a program of its own, and works for all processes of
 * this user. It ends by itself when nobody needs it any more; nothing stays when it or we are killed.
 *
 * @throws ImageError TOOL_MISSING or TOOL_FAILED when it does not start, BAD_OPTION when it cannot listen there
 */
export async function openSwarmEngine(listen: ListenWish = {}, host: Host = createHosts().local): Promise<SwarmEngine> {
  const control = join(sharedDirectory('swarm'), nameOf(listen));
  const { line, listening } = (await call(control)) ?? (await startOne(control, listen, host));
  return new KeptEngine(line, listening);
}

/** The swarm engine of this user that listens so; `undefined` when none runs. */
export async function findSwarmEngine(listen: ListenWish = {}): Promise<SwarmEngine | undefined> {
  const found = await call(join(sharedDirectory('swarm'), nameOf(listen)));
  return found && new KeptEngine(found.line, found.listening);
}

/** One at a time: the others find what the first has started. */
async function startOne(control: string, listen: ListenWish, host: Host): Promise<Found> {
  const lock = `${control}.lock`;
  const claim = await host.claim(lock, { waitMs: startMs });
  try {
    const found = await call(control);
    if (found) return found;
    // One that was killed left its socket.
    await rm(control, { force: true });
    const args = [control, JSON.stringify(listen)];
    const start = { program: keeperProgram(), args, driver: 'p2p-precache', does: 'keeps the swarm engine', startMs };
    return await startKeeper({ ...start, call: () => call(control) });
  } finally {
    await rm(lock, { force: true });
    await claim.release();
  }
}

/** One that is just about to end closes the line. */
async function call(control: string): Promise<Found | undefined> {
  const socket = await callKeeper(control);
  if (!socket) return undefined;
  const line = new OrderLine<SwarmOrder>(socket, { driver: 'p2p-precache', lost, longest: longestMessage });
  try {
    return { line, listening: await line.order<SwarmPeer>({ do: 'greet' }) };
  } catch (error) {
    line.destroy();
    if (isImageError(error) && error.message === lost) return undefined;
    throw error;
  }
}

/** Of the socket: it may not be long. */
function nameOf({ address, interface: name, port }: ListenWish): string {
  return createHash('sha256')
    .update(JSON.stringify([address, name, port]))
    .digest('hex')
    .slice(0, 12);
}
