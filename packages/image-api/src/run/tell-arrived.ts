import type { ArrivedImage, Driver } from '@image-api/driver';
import type { Planner, ReadyPlan } from '../plan/make-plan.ts';
import type { AttemptOutcome } from './attempt.ts';
import { unlessLate } from './unless-late.ts';

export interface ArrivalInput {
  readonly ready: ReadyPlan;
  readonly planner: Planner;
  readonly outcome: Extract<AttemptOutcome, { ok: true }>;
  readonly signal: AbortSignal;
  /** Somebody is told: it may take a while. */
  readonly begin: () => void;
}

/**
 * Tell the drivers that want to know of it what has arrived at this machine, so that they can keep it near.
 *
 * @returns what they could not do, for the result: the copy is done, whatever they say
 */
export async function tellArrived(input: ArrivalInput): Promise<readonly string[]> {
  const wanting = input.planner.drivers.filter(({ arrived }) => arrived !== undefined);
  const image = wanting.length > 0 ? await arrivedImage(input) : undefined;
  if (!image) return [];
  input.begin();
  const answers = await Promise.all(wanting.map((driver) => tell(driver, image, input)));
  return answers.filter((answer) => answer !== undefined);
}

/** Only what is a file here, byte by byte what was promised beforehand, and has its name. */
async function arrivedImage({ ready, outcome }: ArrivalInput): Promise<ArrivedImage | undefined> {
  const { from, to } = ready.look;
  const { request } = ready.ranked[0] ?? {};
  const { verified } = outcome;
  if (verified.by !== 'sha256' || request?.digest !== verified.digest || outcome.incomplete !== undefined) return undefined;
  if (to.endpoint.scheme !== 'file' || ready.plan.publish !== 'atomic') return undefined;
  const { path } = to.endpoint;
  const stat = await to.host?.stat(path).catch(() => undefined);
  if (stat?.kind !== 'file') return undefined;
  const { filesystem } = to.endpoint.facts;
  const { format } = from.endpoint.facts;
  const facts = { kind: 'file', size: stat.size, allocated: stat.allocated, device: Number(stat.device) } as const;
  return {
    path,
    facts: { ...facts, ...(filesystem !== undefined && { filesystem }), ...(format && { format }) },
    digest: verified.digest,
    from: from.endpoint,
    priority: request.priority,
  };
}

async function tell(driver: Driver, image: ArrivedImage, { planner, signal }: ArrivalInput): Promise<string | undefined> {
  const { probes, env } = planner;
  const availability = await probes.probe(driver, env);
  if (!availability.available) return `${driver.id} did not look at what arrived: ${availability.reason}`;
  const told = async (): Promise<void> => driver.arrived?.(image, { env, signal });
  try {
    await unlessLate(told(), signal, () => {
      throw new Error('it did not stop when the copy was cancelled');
    });
    return undefined;
  } catch (error) {
    return `${driver.id}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
