import type { ReadyImage } from '@image-api/driver';
import type { ReadyPlan } from '../plan/make-plan.ts';

/** Without `readyEarly`, an image is usable when it is published, and there is nothing to let go of. */
export function publishedImage({ plan }: ReadyPlan): ReadyImage {
  return { uri: plan.to.href, format: plan.from.facts.format ?? 'raw', writable: true, release: () => Promise.resolve() };
}
