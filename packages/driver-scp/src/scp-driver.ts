import { defineDriver } from '@image-api/driver';
import type { Availability, Driver, Environment, Offer, OfferContext, TransferRequest } from '@image-api/driver';
import { refusal, scpOffer } from './scp-offer.ts';
import { scpOptions } from './scp-options.ts';
import type { ScpOptions } from './scp-options.ts';
import { isModern } from './scp-version.ts';
import { findWay } from './scp-way.ts';
import { whyNoSftp } from './sftp-test.ts';

/**
 * Copies over ssh by scp, in SFTP mode only: to a host, from a host, or between two.
 *
 * @throws ImageError BAD_OPTION
 */
export function scp(options: ScpOptions = {}): Driver {
  scpOptions(options);
  return defineDriver({
    specVersion: 1,
    id: 'scp',
    capabilities: {
      routes: [
        { from: 'file', to: 'ssh' },
        { from: 'ssh', to: 'file' },
        { from: 'ssh', to: 'ssh' },
      ],
      pause: true,
      limits: 'live',
      progress: 'bytes',
    },
    probe,
    offer: async (request, context) => offer(request, context, scpOptions(options, request.driverOptions)),
    // Loaded by who is chosen only.
    transfer: async (request, context) => {
      const { runScp } = await import('./run-scp.ts');
      return runScp(request, context, scpOptions(options, request.driverOptions));
    },
  });
}

async function probe({ local }: Environment): Promise<Availability> {
  const tool = await local.tool('scp');
  if (!tool.available) return { available: false, reason: tool.reason };
  if (isModern(tool.version)) return { available: true, detail: `scp of OpenSSH ${tool.version}` };
  return {
    available: false,
    reason: `needs scp of OpenSSH 9.0 or later, found ${tool.version}: older ones let a shell over there read the names`,
  };
}

async function offer(request: TransferRequest, context: OfferContext, settings: Required<ScpOptions>): Promise<Offer> {
  const reason = refusal(request);
  if (reason !== undefined) return { accept: false, reason };
  const way = await findWay(request, context);
  if ('refusal' in way) return { accept: false, reason: way.refusal };
  const noSftp = await whyNoSftp(way, context.signal);
  return noSftp === undefined ? scpOffer(way, request, settings) : { accept: false, reason: noSftp };
}
