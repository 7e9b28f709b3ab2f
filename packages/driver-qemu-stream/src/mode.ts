import type { Offer, OfferContext, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';

/** One of the ways in which QEMU moves an image; each is a driver in small. */
export interface Mode {
  offer(request: TransferRequest, context: OfferContext): Promise<Offer>;
  transfer(request: TransferRequest, context: TransferContext): Promise<TransferReport>;
}

/** `stream`: usable before it has arrived. `convert`: a whole copy. `copy-out`: of a running VM's disk. `pull`: into one. */
export type ModeName = 'stream' | 'convert' | 'copy-out' | 'pull';

/** Which mode a request is for. */
export function modeOf({ from, to, needs = [] }: TransferRequest, streams: boolean): ModeName {
  if (to.scheme === 'qmp+unix') return 'pull';
  if (from.scheme === 'qmp+unix') return 'copy-out';
  return streams || needs.includes('readyEarly') ? 'stream' : 'convert';
}
