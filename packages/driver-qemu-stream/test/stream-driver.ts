import { defineDriver } from '@image-api/driver';
import type { Driver, TransferRequest } from '@image-api/driver';
import { qemuStream } from '../src/index.ts';

/** The mode that hands images out early, as a driver of its own with the claims that it keeps. */
export function streamDriver(): Driver {
  const driver = qemuStream();
  const early = (request: TransferRequest): TransferRequest => ({ ...request, needs: ['readyEarly'] });
  const { readyEarly, resume, sparse, pause, limits, progress, routes } = driver.capabilities;
  const convert = { from: ['raw', 'vmdk', 'vhd', 'vhdx', 'vdi'], to: ['qcow2'] } as const;
  return defineDriver({
    ...driver,
    offer: async (request, context) => driver.offer(early(request), context),
    transfer: async (request, context) => driver.transfer(early(request), context),
    capabilities: {
      routes,
      convert,
      ...(readyEarly && { readyEarly }),
      ...(resume && { resume }),
      ...(sparse && { sparse }),
      ...(pause && { pause }),
      ...(limits && { limits }),
      ...(progress && { progress }),
    },
  });
}
