import type { Verdict } from '@image-api/image-format';
import type { Look } from '../look/look.ts';
import { backingChain } from './backing-chain.ts';
import type { BackingImage } from './backing-chain.ts';
import { examineOn } from './examine-on.ts';
import type { ImageRules } from './image-rules.ts';
import { refuseUnsafe } from './unsafe-image.ts';

/** An image that may be copied. */
export interface SafeImage {
  readonly verdict: Verdict;
  /** The images it needs to be read; empty for one that stands alone. */
  readonly chain: readonly BackingImage[];
}

/**
 * Judge the source before anything is copied, so that a refusal costs nothing, and a device is not overwritten with it. `undefined` where nobody
 * can look: then what arrives is judged before it is published.
 *
 * @throws ImageError UNSAFE_IMAGE, FORMAT_MISMATCH
 */
export async function checkSourceImage({ from }: Look, rules: ImageRules, converting: boolean): Promise<SafeImage | undefined> {
  const { host, stat, endpoint } = from;
  if (!from.verdict) return undefined;
  if (!host || !stat) {
    // Nobody could follow what it names.
    refuseUnsafe(from.verdict, { ...rules, allowBacking: false }, endpoint);
    return { verdict: from.verdict, chain: [] };
  }
  const image = { path: endpoint.path, size: stat.size };
  // What a conversion would lose matters only to one.
  const verdict = converting ? await examineOn(host, image, { maximumVirtualSize: rules.maxVirtualSize, converting }) : from.verdict;
  refuseUnsafe(verdict, rules, endpoint);
  return { verdict, chain: await backingChain(endpoint, verdict, host, rules) };
}
