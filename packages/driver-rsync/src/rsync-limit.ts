import type { Limits } from '@image-api/driver';

/** rsync keeps a limit in whole KiB per second, rounds to the nearest, and takes 0 for none at all. */
const step = 1024;
/** Beyond it rsync's own number overflows. */
const highestKiB = 2 ** 30;

/** The limit in rsync's unit, never above what was asked for; a refusal where that would be none. */
export function limitInKiB({ bandwidth }: Limits): { readonly limitKiB?: number } | { readonly refusal: string } {
  if (bandwidth === undefined) return {};
  const limitKiB = Math.min(Math.floor(bandwidth / step), highestKiB);
  return limitKiB < 1 ? { refusal: `a limit below ${step} bytes/s is finer than rsync can keep` } : { limitKiB };
}

/** The limit that is really in force, in bytes per second. */
export function limitsInForce(limitKiB: number | undefined): Limits | undefined {
  return limitKiB === undefined ? undefined : { bandwidth: limitKiB * step };
}
