import { ImageError } from '@image-api/driver';
import type { ContentDigest, Digest, PathStat, TransferReport, TransferRequest } from '@image-api/driver';
import { sameContent } from '@image-api/host';
import type { Comparison } from '@image-api/host';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { digestOf } from './digest-of.ts';
import type { Digests, Hashable } from './digest-of.ts';
import { isFileHere } from './is-file-here.ts';
import { isHeld } from './is-held.ts';
import type { Verified } from './task.ts';
import { verifyConverted } from './verify-converted.ts';
import type { VerifyInput } from './verify-input.ts';
import { whatRemains } from './what-remains.ts';

/**
 * Make sure that what arrived is what was sent, and that the source did not change meanwhile.
 *
 * @throws ImageError VERIFY_FAILED, SOURCE_CHANGED
 */
export async function verify({ ready, request, report, image, early, signal }: VerifyInput): Promise<Verified> {
  const mode = ready.plan.verify;
  if (mode === 'none') return { by: 'unverified', reason: 'asked for: verify none' };
  const { to } = ready.look;
  // A source that grew explains a wrong size; the other way round says nothing.
  await checkUnchanged(ready);
  const sentDigest = async (): Promise<Digest | undefined> =>
    report.fromDigest ?? (await early?.digest('sha256')) ?? digestOf('sha256', sourceEnd(ready, signal));
  if (!to.host && report.chain) return { by: 'chain' };
  // An image that is used while it comes is laid out anew, whether its format changes or not.
  if (request.toFormat !== undefined || image) {
    const verified = await verifyConverted({ ready, request, report, image, sentDigest, signal });
    await checkUnchanged(ready);
    return verified;
  }
  await checkSize(ready, request, report);
  if (mode === 'size') return sizeVerdict(ready, report);
  if (!to.host && report.toDigest) return compareDigests(ready, request, await sentDigest(), report.toDigest);
  if (!to.host) return { by: 'unverified', reason: `no host can read ${to.endpoint.href} back` };
  if (request.verify === 'content') {
    const verified = await verifyContent({ ready, request, report, image, early, signal });
    if (verified) return verified;
  }
  const { writtenDigest } = report;
  if (writtenDigest && mode !== 'read-back' && (await isSame(ready, request, { signal, sample: true }))) {
    await checkUnchanged(ready);
    const verdict = compareDigests(ready, request, await sentDigest(), writtenDigest);
    return verdict.by === 'sha256' ? { ...verdict, readBack: 'sample' } : verdict;
  }
  const arrivedDigest = (): Promise<Digest | undefined> => digestOf('sha256', arrivedEnd(ready, request, signal));
  // What equals the source, byte by byte, has the digest of the source.
  const isComparable = report.fromDigest === undefined && !isHeld(ready.bound, request.priority);
  const [sent, same] = await Promise.all([sentDigest(), isComparable && isSame(ready, request, { signal })]);
  const arrived = same ? sent : await arrivedDigest();
  await checkUnchanged(ready);
  return compareDigests(ready, request, sent, arrived as Digest);
}

/** By what is not zeros; `undefined` where a host lacks what that takes. */
async function verifyContent({ ready, request, report, early, signal }: VerifyInput): Promise<Verified | undefined> {
  if (report.wroteItself && (await isSame(ready, request, { signal, sample: true }))) {
    await checkUnchanged(ready);
    return { by: 'content', readBack: 'sample' };
  }
  const sentDigest = async (): Promise<ContentDigest | undefined> =>
    (await early?.digest('content')) ?? digestOf('content', sourceEnd(ready, signal));
  // However gentle the copy is to be, to compare takes less than to hash both.
  const same = await isSame(ready, request, { signal });
  const [sent, arrived] = same ? [] : await Promise.all([sentDigest(), digestOf('content', arrivedEnd(ready, request, signal))]);
  await checkUnchanged(ready);
  if (!same && (sent === undefined || arrived === undefined)) return undefined;
  if (sent === arrived) return { by: 'content' };
  throw notWhatWasSent(ready, request, { expected: sent, sent, arrived });
}

function sourceEnd({ look: { from } }: ReadyPlan, signal: AbortSignal): Hashable {
  return { side: 'source', host: from.host, endpoint: from.endpoint, signal };
}

function arrivedEnd({ look: { from, to } }: ReadyPlan, { to: endpoint }: TransferRequest, signal: AbortSignal): Hashable {
  return { side: 'destination', host: to.host, endpoint, signal, imageSize: from.endpoint.facts.size };
}

/** One that cannot be compared is hashed, and so is one that differs, to tell how. */
async function isSame({ look: { from, to } }: ReadyPlan, request: TransferRequest, how: Comparison): Promise<boolean> {
  return isFileHere(from) && isFileHere(to) && sameContent(from.endpoint.path, request.to.path, how).catch(() => false);
}

function sizeVerdict({ look: { from, to } }: ReadyPlan, report: TransferReport): Verified {
  if (!to.host) return { by: 'unverified', reason: `no host can look at ${to.endpoint.href}` };
  if (from.endpoint.facts.size === undefined && report.fromSize === undefined)
    return { by: 'unverified', reason: `the size of ${from.endpoint.href} is not known beforehand` };
  return { by: 'size' };
}

async function checkSize(ready: ReadyPlan, request: TransferRequest, report: TransferReport): Promise<void> {
  const expected = ready.look.from.endpoint.facts.size ?? report.fromSize;
  const { host } = ready.look.to;
  if (!host || expected === undefined) return;
  const arrived = await onSide('destination', request.name, () => host.stat(request.to.path));
  // A device may be larger than the image on it.
  if (arrived?.kind === 'block' ? arrived.size >= expected : arrived?.size === expected) return;
  throw new ImageError(`${request.name.href}: ${arrived?.size ?? 0} bytes arrived, ${expected} were sent; ${whatRemains(ready.plan)}`, {
    code: 'VERIFY_FAILED',
    origin: 'destination',
    details: { expected, arrived: arrived?.size ?? 0 },
  });
}

/** @throws ImageError SOURCE_CHANGED if the source is not in the state it was planned from */
async function checkUnchanged({ plan, look: { from } }: ReadyPlan): Promise<void> {
  const { host, stat, endpoint } = from;
  if (!host || !stat) return;
  const now = await onSide('source', endpoint, () => host.stat(endpoint.path));
  if (now && sameState(stat, now)) return;
  throw new ImageError(
    `${endpoint.href} changed while it was copied; ${whatRemains(plan)}: copy it when nobody writes to it, or a snapshot of it`,
    {
      code: 'SOURCE_CHANGED',
      origin: 'source',
    },
  );
}

function sameState(before: PathStat, now: PathStat): boolean {
  const sameNode = before.inode === now.inode && before.size === now.size;
  // The times of a device node say when it was opened, not when its content changed.
  return sameNode && (now.kind === 'block' || (before.modifiedNs === now.modifiedNs && before.changedNs === now.changedNs));
}

function compareDigests(ready: ReadyPlan, request: TransferRequest, sent: Digest | undefined, arrived: Digest): Verified {
  const promised = request.digest;
  const expected = promised ?? sent;
  if (expected === undefined) return { by: 'unverified', reason: `the digest of ${request.from.href} cannot be computed` };
  if (expected === arrived && (sent === undefined || sent === arrived)) return { by: 'sha256', digest: arrived };
  if (promised === undefined || sent === undefined || sent === promised) throw notWhatWasSent(ready, request, { expected, sent, arrived });
  const remains = whatRemains(ready.plan);
  throw new ImageError(`${request.from.href} does not have the promised checksum: it is ${sent}, not ${promised}; ${remains}`, {
    code: 'VERIFY_FAILED',
    origin: 'source',
    details: { expected, sent, arrived },
  });
}

type AnyDigest = Digests[keyof Digests] | undefined;

function notWhatWasSent(
  { plan }: ReadyPlan,
  { name }: TransferRequest,
  details: { readonly expected: AnyDigest; readonly sent: AnyDigest; readonly arrived: AnyDigest },
): ImageError {
  return new ImageError(
    `${name.href} is not what was sent: ${details.arrived} arrived, ${details.expected} was expected; ${whatRemains(plan)}`,
    { code: 'VERIFY_FAILED', origin: 'destination', details },
  );
}
