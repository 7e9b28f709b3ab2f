import { ImageError, isImageError } from '@image-api/driver';
import type { Digest, Host, TransferReport, TransferRequest } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { examineOn } from '../safety/examine-on.ts';
import { refuseUnsafe } from '../safety/unsafe-image.ts';
import { compareGuest } from './compare-guest.ts';
import type { Verified } from './task.ts';
import { arrivedFormat } from './verify-input.ts';
import type { VerifyInput } from './verify-input.ts';
import { verifyChain } from './verify-chain.ts';
import { whatRemains } from './what-remains.ts';

/** An image whose bytes cannot be those of its source. */
export interface ConvertedInput extends VerifyInput {
  /** The digest of the source, for a copy that was promised one. */
  readonly sentDigest: () => Promise<Digest | undefined>;
}

/**
 * Make sure that a converted image shows a guest what its source shows, or, where a guest may have written to it by now, that it is sound
 * and needs no other.
 *
 * @throws ImageError VERIFY_FAILED, UNSAFE_IMAGE
 */
export async function verifyConverted(input: ConvertedInput): Promise<Verified> {
  const { ready, request, report, image } = input;
  const { to } = ready.look;
  const digestsAreTold = report.fromDigest !== undefined && report.toDigest !== undefined;
  if (!to.host) return digestsAreTold ? comparedDigests(input) : { by: 'unverified', reason: `no host can look at ${to.endpoint.href}` };
  const sizeIsKnown = await checkGuestSize(ready, request, report);
  if (!image?.writable && ready.plan.verify === 'size') {
    return sizeIsKnown ? { by: 'size' } : { by: 'unverified', reason: `the size of ${request.from.href} is not known` };
  }
  await checkPromise(input);
  if (image?.writable) return verifyChain(input, to.host);
  const reason = whyNotCompared(ready);
  if (reason === undefined) return compared(input, to.host);
  return digestsAreTold ? comparedDigests(input) : { by: 'unverified', reason };
}

async function checkPromise({ ready, request, sentDigest }: ConvertedInput): Promise<void> {
  if (request.digest === undefined || (await sentDigest()) === request.digest) return;
  throw new ImageError(`${request.from.href} does not have the promised checksum; ${whatRemains(ready.plan)}`, {
    code: 'VERIFY_FAILED',
    origin: 'source',
  });
}

/** Both of what a guest sees, computed by the driver. */
function comparedDigests({ ready, request, report }: ConvertedInput): Verified {
  if (report.fromDigest === report.toDigest) return { by: 'content' };
  throw different(ready, request);
}

/** Why a converted copy cannot be compared with its source; `undefined` when it can. */
export function whyNotCompared({ look: { from, to } }: Pick<ReadyPlan, 'look'>): string | undefined {
  if (from.host && from.host === to.host) return undefined;
  return 'converted, and source and destination are not on one host, where they could be compared';
}

async function compared({ ready, request, signal }: ConvertedInput, host: Host): Promise<Verified> {
  const { from } = ready.look;
  const one = { path: from.endpoint.path, kind: kindOf(from.endpoint.facts.kind), format: from.endpoint.facts.format ?? 'raw' } as const;
  const other = { path: request.to.path, kind: kindOf(request.to.facts.kind), format: arrivedFormat(ready, request) } as const;
  try {
    if (await onSide('destination', request.name, () => compareGuest(one, other, host, signal))) return { by: 'content' };
  } catch (error) {
    if (!isImageError(error) || error.code !== 'TOOL_MISSING') throw error;
    return { by: 'unverified', reason: `qemu-img, which would compare what a guest sees, is not installed on ${host.id}` };
  }
  throw different(ready, request);
}

function different({ plan }: ReadyPlan, request: TransferRequest): ImageError {
  return new ImageError(`${request.name.href} does not show a guest what ${request.from.href} shows; ${whatRemains(plan)}`, {
    code: 'VERIFY_FAILED',
    origin: 'destination',
  });
}

function kindOf(kind: string): 'file' | 'block' {
  return kind === 'block' ? 'block' : 'file';
}

/**
 * Some formats round up to whole cylinders or sectors; none may lose the end. What arrived is judged before any tool opens it.
 *
 * @returns whether there was a size to compare with
 */
async function checkGuestSize(
  { look: { from, to }, rules, image, plan }: ReadyPlan,
  request: TransferRequest,
  { fromSize }: TransferReport,
): Promise<boolean> {
  const expected = image?.verdict.virtualSize ?? from.endpoint.facts.size ?? fromSize;
  const arrived = await onSide('destination', request.name, async () => {
    const size = (await to.host!.stat(request.to.path))?.size ?? 0;
    return examineOn(to.host!, { path: request.to.path, size }, { maximumVirtualSize: rules.maxVirtualSize });
  });
  refuseUnsafe(arrived, { ...rules, allowBacking: false }, request.name, request.toFormat ?? from.endpoint.facts.format);
  if (expected === undefined || arrived.virtualSize === undefined) return false;
  if (arrived.virtualSize >= expected) return true;
  throw new ImageError(
    `${request.name.href}: a disk of ${arrived.virtualSize} bytes arrived, ${expected} were sent; ${whatRemains(plan)}`,
    {
      code: 'VERIFY_FAILED',
      origin: 'destination',
      details: { expected, arrived: arrived.virtualSize },
    },
  );
}
