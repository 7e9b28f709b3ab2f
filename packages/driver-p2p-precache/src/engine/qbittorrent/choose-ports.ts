import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ImageError } from '@image-api/driver';
import type { SwarmPeer } from '../swarm-engine.ts';

/** Where an engine is to listen. Plain data; two that are equal are the same engine. */
export interface ListenWish {
  /** An address of this machine. Default: those of the interface, else all. */
  readonly address?: string | undefined;
  /** The one network interface to use, such as `eth1`. Default: whichever the system chooses. */
  readonly interface?: string | undefined;
  /** Default: one that is free. */
  readonly port?: number;
  /** The addresses of those it has to do with; nobody else is answered or called. Default: whoever knows the infohash. */
  readonly onlyPeers?: readonly string[];
}

/**
 * Where peers will reach it, `0.0.0.0` when it listens everywhere.
 *
 * @throws ImageError BAD_OPTION for an address, interface or port that cannot be had
 */
export async function choosePlace(wish: ListenWish): Promise<SwarmPeer> {
  const host = wish.address ?? addressOf(wish.interface);
  return { host, port: await freePort(host, wish.port) };
}

/** A port on which nobody listens at that address. @param port the only one to be had */
export async function freePort(host: string, port = 0): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
    return (server.address() as AddressInfo).port;
  } catch (error) {
    throw notToBeHad(host, port, (error as NodeJS.ErrnoException).code ?? '');
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function addressOf(name: string | undefined): string {
  if (name === undefined) return '0.0.0.0';
  const addresses = networkInterfaces()[name] ?? [];
  const found = addresses.find(({ family }) => family === 'IPv4') ?? addresses.find(({ scopeid }) => !scopeid);
  if (found) return found.address;
  throw badOption(`there is no network interface ${JSON.stringify(name)} with an address`, 'name one that `ip address` lists');
}

function notToBeHad(host: string, port: number, errno: string): ImageError {
  const place = port === 0 ? host : `${host}, port ${port}`;
  if (errno === 'EADDRINUSE') return badOption(`another program listens at ${place}`, 'name another port, or none');
  if (errno === 'EADDRNOTAVAIL') return badOption(`${host} is no address of this machine`, 'name one that `ip address` lists');
  return badOption(`nothing can listen at ${place} (${errno})`, 'name another address or port');
}

function badOption(what: string, wayOut: string): ImageError {
  return new ImageError(`the swarm cannot listen there: ${what}; ${wayOut}`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
