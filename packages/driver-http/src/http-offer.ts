import type { AcceptedOffer, Offer, TransferRequest } from '@image-api/driver';
import type { SftpAbilities } from '@image-api/host';
import type { HttpOptions } from './http-options.ts';

/** What an ordinary link to a web server does. Nobody asks it before the copy. */
const bytesPerSecond = 100e6;
const startSeconds = 0.1;
/** A session of sftp on a connection that stands. */
const sessionSeconds = 0.2;

/** Why it will not be done; `undefined` when it will. */
export function refusal({ from, to, toFormat, held, priority, needs = [] }: TransferRequest): string | undefined {
  if (!isWeb(from.scheme) || !['file', 'ssh'].includes(to.scheme))
    return `copies from web servers to files of this machine and of ssh hosts only, not from ${from.scheme} to ${to.scheme}`;
  if (to.facts.kind === 'block') return 'writes files only, no block devices';
  if (toFormat !== undefined) return `cannot convert to ${toFormat}`;
  if (held === 'delta') return 'cannot fetch only what differs';
  if (priority === 'idle') return 'cannot copy at idle priority';
  return needs.includes('resume') && from.facts.size === undefined
    ? 'the web server sends it only as a whole: a copy that is interrupted begins anew'
    : undefined;
}

/** What will be done, how long it takes, and what to know of it beforehand. */
export function httpOffer(request: TransferRequest, { connections }: Required<HttpOptions>): AcceptedOffer {
  const { from, to, held, limits } = request;
  const { bandwidth } = limits;
  const size = from.facts.size ?? 0;
  const left = Math.max(0, size - (held === 'resume' && !needsDigest(request) ? (to.facts.allocated ?? 0) : 0));
  return {
    accept: true,
    seconds: startSeconds + left / Math.min(bytesPerSecond, bandwidth ?? Infinity),
    reason: reasonFor(from.facts.size, connections),
    commands: [],
    ...(bandwidth !== undefined && { limits: { bandwidth }, charged: 'wire' as const }),
    notes: held === 'resume' && needsDigest(request) ? [fetchedAgain] : [],
  };
}

const fetchedAgain =
  'what an interrupted copy left is fetched again, as nothing else tells the digest of the source: with a checksum it is kept';

/** The same for a copy to a host, by what that can do. */
export function farOffer(
  request: TransferRequest,
  settings: Required<HttpOptions>,
  far: SftpAbilities | { readonly refusal: string },
): Offer {
  if ('refusal' in far) return { accept: false, reason: far.refusal };
  const { to, needs = [] } = request;
  const name = to.authority?.host ?? 'the host';
  if (!far.canSync && needs.includes('resume'))
    return { accept: false, reason: `the sftp of ${name} cannot tell what is safe on the disk there: an interrupted copy begins anew` };
  const { seconds, notes = [], ...offer } = httpOffer(far.canSync ? request : withoutHeld(request), settings);
  const more = far.canSync ? [] : [`an interrupted copy begins anew: the sftp of ${name} cannot tell what is safe on the disk there`];
  const { size } = request.from.facts;
  return { ...offer, seconds: seconds + sessionSeconds, ...(size !== undefined && { space: size }), notes: [...notes, byMemory, ...more] };
}

/** What is held is fetched again. */
function withoutHeld({ held: _held, ...request }: TransferRequest): TransferRequest {
  return request;
}

const byMemory = 'comes by the memory of this machine: nothing of it is written to a disk here';

/** Whether the digest of the source is wanted, and nobody has told it: then all of it must come by here, in order. */
export function needsDigest({ verify, digest }: Pick<TransferRequest, 'verify' | 'digest'>): boolean {
  return verify === 'sha256' && digest === undefined;
}

function reasonFor(size: number | undefined, connections: number): string {
  if (size === undefined) return 'in one stream, zeros left out';
  return connections === 1 ? 'over one connection, zeros left out' : `in ${connections} ranges at once, zeros left out`;
}

function isWeb(scheme: string): boolean {
  return scheme === 'http' || scheme === 'https';
}
