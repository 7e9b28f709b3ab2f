import type { Offer, OfferContext, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';

/** One of the ways in which QEMU moves an image; each is a driver in small. */
export interface Mode {
  offer(request: TransferRequest, context: OfferContext): Promise<Offer>;
  transfer(request: TransferRequest, context: TransferContext): Promise<TransferReport>;
}

/** `stream`: usable before it has arrived. `convert`: a whole copy. `copy-out`: of a running VM's disk. `pull`: into one. */
export type ModeName = 'stream' | 'convert' | 'copy-out' | 'pull';

/**
 * Which mode a request is for. An image is handed out early where that is needed and nowhere else: the core gives such copies staging files of their
 * own, which no driver that copies bytes as they are may go on from.
 */
export function modeOf({ from, to, needs = [] }: Pick<TransferRequest, 'from' | 'to' | 'needs'>): ModeName {
  if (to.scheme === 'qmp+unix') return 'pull';
  if (from.scheme === 'qmp+unix') return 'copy-out';
  return needs.includes('readyEarly') ? 'stream' : 'convert';
}

/** Why QEMU is not the one for a whole copy; `undefined` where it is. */
export function notForQemu(request: TransferRequest): string | undefined {
  const { from, to, toFormat, driverOptions } = request;
  if (modeOf(request) !== 'convert') return undefined;
  if (driverOptions['stream'] !== undefined)
    return "streams only what is needed early: say needs: ['readyEarly'] (--needs readyEarly), too";
  if (toFormat !== undefined || !isPlain(from) || !isPlain(to)) return undefined;
  return 'copies bytes as they are only from a web server, or where a disk is served over NBD: other drivers do it better, and can resume';
}

function isPlain({ scheme }: Pick<TransferRequest['from'], 'scheme'>): boolean {
  return scheme === 'file' || scheme === 'ssh';
}
