import { ImageError, isImageError } from '@image-api/driver';
import type { RunResult } from '@image-api/driver';
import { escapeControl } from '@image-api/host';
import type { Prepared } from './prepare-job.ts';
import { listArgs, rehearsalArgs } from './rsync-args.ts';
import type { Job, Place } from './rsync-args.ts';
import { rsyncError } from './rsync-errors.ts';
import type { Way } from './rsync-way.ts';

const deadlineMs = 10_000;

/**
 * Ask a daemon whether the copy can be: of a source its size, of a destination whether it may be written. Reads only.
 *
 * @throws ImageError SOURCE_MISSING, SOURCE_KIND, DESTINATION_EXISTS, DESTINATION_UNWRITABLE, UNREACHABLE, AUTH_DENIED
 */
export async function askDaemon(prepared: Prepared, signal: AbortSignal): Promise<number | undefined> {
  const { from, to } = prepared.job;
  if (from.kind === 'daemon') return sizeOf(from, await list(prepared, from, signal));
  const rehearsal = await ask(prepared, rehearsalArgs(prepared.job), signal);
  if (rehearsal.exitCode !== 0) throw daemonError(prepared, rehearsal);
  if (to.kind === 'daemon' && !prepared.job.replace) await insistOnAbsent(prepared, to, signal);
  return undefined;
}

/** A password in the environment is handed to a daemon's client and to nobody else. */
export function daemonEnvironment({ from, to, passwordFile }: Job): Record<string, string> {
  const password = process.env['RSYNC_PASSWORD'];
  const wanted = (from.kind === 'daemon' || to.kind === 'daemon') && passwordFile === undefined;
  // A password that is wrong beats none: without any, rsync would ask the terminal.
  return wanted ? { RSYNC_PASSWORD: password ?? '' } : {};
}

async function list(prepared: Prepared, place: Place, signal: AbortSignal): Promise<string> {
  const result = await ask(prepared, listArgs(place, prepared.job.passwordFile), signal);
  if (result.exitCode !== 0) throw daemonError(prepared, result);
  return result.stdout;
}

/** `-rw-r--r--    75497472 2026/11/20 13:34:24 disk.raw` */
function sizeOf(place: Extract<Place, { kind: 'daemon' }>, listing: string): number {
  const [, kind, size] = /^([-dlcbps])\S+\s+(\d+) \d{4}\/\d\d\/\d\d /m.exec(listing) ?? [];
  if (kind === '-' && size !== undefined) return Number(size);
  const words = `${escapeControl(place.path)} on the rsync daemon ${place.host} is not a plain file; name an image`;
  throw new ImageError(words, { code: 'SOURCE_KIND', origin: 'source', driver: 'rsync', untouched: true });
}

/** Nothing is replaced without leave. */
async function insistOnAbsent(prepared: Prepared, to: Extract<Place, { kind: 'daemon' }>, signal: AbortSignal): Promise<void> {
  const result = await ask(prepared, listArgs(to, prepared.job.passwordFile), signal);
  if (result.exitCode !== 0) return;
  const words = `${escapeControl(to.path)} exists on the rsync daemon ${to.host}: add --overwrite replace (overwrite: 'replace'), or choose another name`;
  throw new ImageError(words, { code: 'DESTINATION_EXISTS', origin: 'destination', driver: 'rsync', untouched: true });
}

async function ask({ way, job }: Prepared, args: readonly string[], signal: AbortSignal): Promise<RunResult> {
  try {
    return await way.on.run('rsync', args, { signal, deadlineMs, environment: daemonEnvironment(job) });
  } catch (error) {
    throw way.far && isImageError(error) && error.code === 'DEADLINE' ? silent(way.far, error) : error;
  }
}

/** It may be no rsync daemon at all. */
function silent({ side, name }: NonNullable<Way['far']>, cause: ImageError): ImageError {
  const words = `the rsync daemon ${escapeControl(name)} took the call but did not answer within ${deadlineMs / 1000} s; check its port and the network`;
  return new ImageError(words, { code: 'UNREACHABLE', origin: side, driver: 'rsync', retryable: true, untouched: true, cause });
}

function daemonError({ way, job }: Prepared, result: RunResult): ImageError {
  const host = way.far?.name ?? 'the daemon';
  const name = (place: Place): { host: string; path: string } => ({ host: place.kind === 'daemon' ? host : way.on.id, path: place.path });
  return rsyncError({ result, from: name(job.from), to: name(job.to), ...(way.far && { far: way.far }) });
}
