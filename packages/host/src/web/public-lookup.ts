import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';
import { refusedRedirect } from './web-error.ts';

/** Asks for every address of a host. */
export type Resolve = (host: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

const resolveHere: Resolve = (host, done) => lookup(host, { all: true }, (error, addresses) => done(error, addresses));

/**
 * The look-up for connections to hosts that nobody but a server named: it answers only when all of their addresses are public. The
 * connection goes to what was looked at, so that it is of no use to give another answer a moment later.
 *
 * @param name what redirects there, for messages
 */
export function publicLookup(name: string, resolve: Resolve = resolveHere): LookupFunction {
  return (host, options, done) => {
    resolve(host, (error, addresses) => {
      const [first] = addresses ?? [];
      const failure = error ?? (first && addresses.every(({ address }) => isPublicAddress(address)) ? null : noPublic(name, host));
      if (failure || !first) return done(failure, '');
      if (options.all === true) return done(null, [...addresses]);
      done(null, first.address, first.family);
    });
  };
}

function noPublic(name: string, host: string): Error {
  return refusedRedirect(name, host, 'which has an address that is not public');
}
