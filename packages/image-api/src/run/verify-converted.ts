import { ImageError, isImageError } from '@image-api/driver';
import type { Digest, TransferRequest } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { examineOn } from '../safety/examine-on.ts';
import { refuseUnsafe } from '../safety/unsafe-image.ts';
import { compareGuest } from './compare-guest.ts';
import type { Verified } from './task.ts';
import { whatRemains } from './what-remains.ts';

/**
 * Make sure that a converted image shows a guest what its source shows: its bytes cannot be the same.
 *
 * @param sent the digest of the source, for a copy that was promised one
 * @throws ImageError VERIFY_FAILED, UNSAFE_IMAGE
 */
export async function verifyConverted(
  ready: ReadyPlan,
  request: TransferRequest,
  sent: () => Promise<Digest | undefined>,
  signal: AbortSignal,
): Promise<Verified> {
  const { to } = ready.look;
  if (!to.host) return { by: 'unverified', reason: `no host can look at ${to.endpoint.href}` };
  await checkGuestSize(ready, request);
  if (ready.plan.verify === 'size') return { by: 'size' };
  if (request.digest !== undefined && (await sent()) !== request.digest) {
    throw new ImageError(`${request.from.href} does not have the promised checksum; ${whatRemains(ready.plan)}`, {
      code: 'VERIFY_FAILED',
      origin: 'source',
    });
  }
  const reason = whyNotCompared(ready);
  if (reason !== undefined) return { by: 'unverified', reason };
  return compared(ready, request, signal);
}

/** Why a converted copy cannot be compared with its source; `undefined` when it can. */
export function whyNotCompared({ look: { from, to } }: Pick<ReadyPlan, 'look'>): string | undefined {
  if (from.host && from.host === to.host) return undefined;
  return 'converted, and source and destination are not on one host, where they could be compared';
}

async function compared(ready: ReadyPlan, request: TransferRequest, signal: AbortSignal): Promise<Verified> {
  const { from, to } = ready.look;
  const one = { path: from.endpoint.path, kind: kindOf(from.endpoint.facts.kind), format: from.endpoint.facts.format ?? 'raw' } as const;
  const other = { path: request.to.path, kind: kindOf(request.to.facts.kind), format: request.toFormat ?? 'raw' } as const;
  try {
    if (await onSide('destination', request.name, () => compareGuest(one, other, to.host!, signal))) return { by: 'content' };
  } catch (error) {
    if (!isImageError(error) || error.code !== 'TOOL_MISSING') throw error;
    return { by: 'unverified', reason: `qemu-img, which would compare what a guest sees, is not installed on ${to.host!.id}` };
  }
  throw new ImageError(`${request.name.href} does not show a guest what ${request.from.href} shows; ${whatRemains(ready.plan)}`, {
    code: 'VERIFY_FAILED',
    origin: 'destination',
  });
}

function kindOf(kind: string): 'file' | 'block' {
  return kind === 'block' ? 'block' : 'file';
}

/** Some formats round up to whole cylinders or sectors; none may lose the end. What arrived is judged before any tool opens it. */
async function checkGuestSize({ look: { from, to }, rules, image, plan }: ReadyPlan, request: TransferRequest): Promise<void> {
  const expected = image?.verdict.virtualSize ?? from.endpoint.facts.size;
  const arrived = await onSide('destination', request.name, async () => {
    const size = (await to.host!.stat(request.to.path))?.size ?? 0;
    return examineOn(to.host!, { path: request.to.path, size }, { maximumVirtualSize: rules.maxVirtualSize });
  });
  refuseUnsafe(arrived, { ...rules, allowBacking: false }, request.name, request.toFormat);
  if (expected === undefined || arrived.virtualSize === undefined || arrived.virtualSize >= expected) return;
  throw new ImageError(
    `${request.name.href}: a disk of ${arrived.virtualSize} bytes arrived, ${expected} were sent; ${whatRemains(plan)}`,
    {
      code: 'VERIFY_FAILED',
      origin: 'destination',
      details: { expected, arrived: arrived.virtualSize },
    },
  );
}
