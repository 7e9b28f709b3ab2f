import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, ImageError, OfferContext, TransferRequest } from '@image-api/driver';
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
  const errno = isVague(ending) ? await soon(findErrno(copy, stat?.allocated ?? 0)) : undefined;
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

/** SFTP says "Failure" of a full disk and of a read-only one. */
async function findErrno({ request, receiver }: FailedCopy, arrived: number): Promise<string | undefined> {
  const { path } = request.to;
  const [{ free }, writable] = await Promise.all([receiver.space(posix.dirname(path)), canBeChanged(receiver, path)]);
  if (!writable) return 'EROFS';
  return free + arrived < (request.from.facts.size ?? 0) ? 'ENOSPC' : undefined;
}

/** A filesystem that closed itself because of an error may say that it can be written, but changes nothing any more. */
async function canBeChanged(receiver: Host, path: string): Promise<boolean> {
  if (!(await receiver.access(path, 'write'))) return false;
  return receiver.setMode(path, 0o600).then(
    () => true,
    () => false,
  );
}

/** A host that was lost is not waited for: what it would have told stays unknown. */
async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  const late = sleep(5000, undefined, { signal: done.signal }).catch(() => undefined);
  return Promise.race([answer.catch(() => undefined), late]).finally(() => done.abort());
}
