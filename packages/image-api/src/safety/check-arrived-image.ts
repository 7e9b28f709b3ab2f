import { ImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { judgeImage } from '@image-api/image-format';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { whatRemains } from '../run/what-remains.ts';
import { examineOn } from './examine-on.ts';
import { refused } from './unsafe-image.ts';

/**
 * The last gate: judge the bytes that arrived, whatever was found at the source, because those are what others will open.
 *
 * @throws ImageError UNSAFE_IMAGE, FORMAT_MISMATCH
 */
export async function checkArrivedImage({ look, plan, rules, image }: ReadyPlan, request: TransferRequest): Promise<void> {
  const { host } = look.to;
  if (!host) return;
  const verdict = await onSide('destination', request.name, async () => {
    const stat = await host.stat(request.to.path);
    // On a device only what was copied is the image.
    const size = stat?.kind === 'block' ? (look.from.endpoint.facts.size ?? stat.size) : (stat?.size ?? 0);
    return examineOn(host, { path: request.to.path, size }, { maximumVirtualSize: rules.maxVirtualSize });
  });
  const expected = request.toFormat ?? look.from.endpoint.facts.format ?? rules.claimed;
  const policy = {
    ...(expected && { claimed: expected }),
    ...(rules.formats && { formats: rules.formats }),
    allowBacking: rules.allowBacking,
  };
  const refusal = judgeImage(verdict, policy);
  if (refusal) {
    const told = { ...refusal, message: `what arrived there: ${refusal.message}; ${whatRemains(plan)}` };
    throw refused(told, request.name, image ? 'destination' : 'source');
  }
  if (verdict.backing === undefined || (image && verdict.backing.name === image.verdict.backing?.name)) return;
  throw new ImageError(`${request.name.href}: what arrived needs another image than what was checked; ${whatRemains(plan)}`, {
    code: 'UNSAFE_IMAGE',
    origin: 'source',
    details: { found: verdict.backing.name },
  });
}
