import type { Driver, KnownEndpoint, PathStat, TransferRequest } from '@image-api/driver';
import type { VerifyMode } from '../copy-options.ts';
import type { Look } from '../look/look.ts';
import { onSide } from '../look/on-side.ts';
import { canResume } from '../run/can-resume.ts';
import { atPath } from '../uri/at-path.ts';
import type { PlanInput } from './make-plan.ts';
import { stagingPath } from './staging-name.ts';
import { wantsDigest } from './wants-digest.ts';
import type { Wish } from './wish.ts';

/** A copy as the caller wrote it, and how it will be verified, which the config may say. */
export type RequestInput = PlanInput & { readonly verify: VerifyMode };

/**
 * What each driver would be asked: the same of all, but for the options the caller has for single ones, and for what an
 * interrupted try left, which only some can go on from.
 */
export async function requestsFor(
  input: RequestInput,
  wish: Wish,
  seen: Look,
  drivers: readonly Driver[],
): Promise<ReadonlyMap<string, TransferRequest>> {
  const request = requestOf(input, wish, seen);
  const left = isStaged(seen) ? await onSide('destination', seen.to.endpoint, async () => seen.to.host?.stat(request.to.path)) : undefined;
  return new Map(drivers.map((driver) => [driver.id, requestFor(driver, request, seen, left, input)]));
}

function requestFor(
  driver: Driver,
  request: TransferRequest,
  seen: Look,
  left: PathStat | undefined,
  { options }: RequestInput,
): TransferRequest {
  const driverOptions = options.driverOptions?.[driver.id] ?? {};
  if (!left || left.size === 0 || !canResume(driver, seen, options.needs)) return { ...request, driverOptions };
  const to = { ...request.to, facts: { ...request.to.facts, size: left.size, allocated: left.allocated } };
  return { ...request, to, held: 'resume', driverOptions };
}

function requestOf({ id, options, verify }: RequestInput, wish: Wish, seen: Look): TransferRequest {
  const { facts: _, ...name } = seen.to.endpoint;
  return {
    id,
    from: seen.from.endpoint,
    to: isStaged(seen) ? stagingEndpoint(seen, wish) : seen.to.endpoint,
    name,
    ...(wish.delta && { held: 'delta' as const }),
    ...(options.checksum && { digest: options.checksum }),
    ...(wish.toFormat && { toFormat: wish.toFormat }),
    overwrite: options.overwrite ?? 'never',
    verify: verifyOf(verify, seen),
    limits: wish.limits,
    priority: wish.priority,
    needs: wish.needs,
    driverOptions: {},
  };
}

/** Where no host can look at an end, nobody has what the content of the other could be compared with but its digest. */
function verifyOf(verify: VerifyMode, { from, to }: Look): NonNullable<TransferRequest['verify']> {
  return wantsDigest(verify) || (verify === 'content' && !(from.host && to.host)) ? 'sha256' : verify;
}

/** Files are; block devices, and places no host can rename things on, are written in place. */
function isStaged({ to }: Look): boolean {
  return to.host !== undefined && to.endpoint.facts.kind !== 'block';
}

function stagingEndpoint(seen: Look, { toFormat, delta, needs }: Wish): KnownEndpoint {
  const { facts, ...named } = seen.to.endpoint;
  const staged = atPath(named, stagingPath(seen, { toFormat, delta: delta === true, readyEarly: needs.includes('readyEarly') }));
  return { ...staged, facts: { ...facts, kind: 'file', size: 0, allocated: 0 } };
}
