import { ImageError } from '@image-api/driver';
import type { Endpoint, ErrorOrigin, ImageFormat } from '@image-api/driver';
import { judgeImage } from '@image-api/image-format';
import type { ImagePolicy, Refusal, Verdict } from '@image-api/image-format';
import type { ImageRules } from './image-rules.ts';

/** @throws ImageError UNSAFE_IMAGE or FORMAT_MISMATCH, with the findings in `details` */
export function refuseUnsafe(verdict: Verdict, rules: ImageRules, image: Endpoint, claimed: ImageFormat | undefined = rules.claimed): void {
  const policy: ImagePolicy = {
    ...(claimed !== undefined && { claimed }),
    ...(rules.formats && { formats: rules.formats }),
    allowBacking: rules.allowBacking,
  };
  const refusal = judgeImage(verdict, policy);
  if (refusal) throw refused(refusal, image, 'source');
}

/** @param origin whose fault it is: what was there to copy, or what arrived */
export function refused({ code, message, findings }: Refusal, image: Endpoint, origin: ErrorOrigin): ImageError {
  return new ImageError(`${image.href} is refused: ${message}`, { code, origin, untouched: true, details: { findings } });
}

/** What no rule of a single image says. */
export function unsafe(image: Endpoint, message: string): ImageError {
  return new ImageError(`${image.href} is refused: ${message}`, { code: 'UNSAFE_IMAGE', origin: 'source', untouched: true });
}
