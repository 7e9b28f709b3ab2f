import type { Host, ImageError, OfferContext, TransferRequest } from '@image-api/driver';
import { findErrno, soon } from '@image-api/host';
import { isEarly, isMute, isVague, scpError } from './scp-errors.ts';
import type { Ending } from './scp-errors.ts';
import type { Way } from './scp-way.ts';
import { whyNoSftp } from './sftp-test.ts';

/** A copy that failed. */
export interface FailedCopy {
  readonly request: TransferRequest;
  readonly context: OfferContext;
  readonly way: Way;
  /** Where the bytes were to arrive. */
  readonly receiver: Host;
}

/** What went wrong, with a look over there where scp itself cannot know. */
export async function explainFailure(copy: FailedCopy, ending: Ending): Promise<ImageError> {
  const { request, context, way, receiver } = copy;
  const stat = await soon(receiver.stat(request.to.path));
  const empty = stat?.kind === 'file' && stat.size === 0 && stat.allocated === 0;
  const missing = (request.from.facts.size ?? 0) - (stat?.allocated ?? 0);
  const errno = isVague(ending) ? await soon(findErrno(receiver, request.to.path, missing)) : undefined;
  const noSftp = empty && isMute(ending) ? await soon(whyNoSftp(way, context.signal)) : undefined;
  return scpError(ending, {
    request,
    ...(way.local && { local: way.local }),
    far: way.far.map(({ name }) => name).join(' or '),
    hosts: { source: context.hosts.from?.id ?? 'local', destination: receiver.id },
    untouched: empty && (way.kind !== 'relay' || isEarly(ending)),
    ...(errno !== undefined && { errno }),
    ...(noSftp !== undefined && { noSftp }),
  });
}
