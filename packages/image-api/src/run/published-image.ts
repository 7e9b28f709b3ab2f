import type { ReadyImage } from '@image-api/driver';
import type { ReadyPlan } from '../plan/make-plan.ts';

/** Without `readyEarly`, an image is usable when it is published, and there is nothing to let go of. */
export function publishedImage({ plan, ranked }: ReadyPlan): ReadyImage {
  const format = ranked[0]?.request.toFormat ?? plan.from.facts.format ?? 'raw';
  return { uri: plan.to.href, format, writable: true, release: () => Promise.resolve() };
}
