import { posix } from 'node:path';
import { ImageError, isImageError } from '@image-api/driver';
import { makePlan } from '../plan/make-plan.ts';
import type { PlanInput, Planner, ReadyPlan } from '../plan/make-plan.ts';
import { stagingPrefix } from '../plan/staging-name.ts';
import { parseUri } from '../uri/parse-uri.ts';

/**
 * Plan a copy that is to be carried out.
 *
 * A copy that was killed between giving an image its name and taking the private one away left both. To whoever starts it again the
 * destination merely exists; so what is left is cleared away, and the error says that the copy had come to its end.
 */
export async function planAndTidy(input: PlanInput, planner: Planner): Promise<ReadyPlan> {
  try {
    return await makePlan(input, planner);
  } catch (error) {
    if (!isImageError(error) || error.code !== 'DESTINATION_EXISTS') throw error;
    // That the destination exists is what matters; a host that fails now would only hide it.
    const tidied = await tidy(input, planner).catch(() => false);
    throw tidied ? ended(error) : error;
  }
}

async function tidy({ to: text }: PlanInput, { finder }: Planner): Promise<boolean> {
  const to = parseUri(text);
  const host = finder.hostOf(to);
  if (!host) return false;
  const found = await host.sweep(posix.dirname(to.path), { prefix: stagingPrefix(to.path), dryRun: true });
  const done = found.filter(({ published, state }) => published && state !== 'held');
  for (const { path } of done) await host.remove(path);
  return done.length > 0;
}

function ended(error: ImageError): ImageError {
  return new ImageError(`${error.message}; a copy to it was ended just after it was complete, and has been tidied up`, {
    code: error.code,
    origin: error.origin,
    untouched: error.untouched,
    details: error.details,
    cause: error,
  });
}
