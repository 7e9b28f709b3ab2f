import type { OfferContext, TransferRequest } from '@image-api/driver';
import type { Job } from './prepare-job.ts';

/** More offers than this are not waited for at once: of the oldest the hosts are asked again. */
const most = 64;

/** What was found out for an offer, until the copy is made: so it is made as it was offered, and nothing is asked twice. */
export class OfferedJobs {
  readonly #jobs = new Map<string, Job>();

  keep(request: TransferRequest, job: Job): void {
    this.#jobs.delete(keyOf(request));
    this.#jobs.set(keyOf(request), job);
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > most && oldest !== undefined) this.#jobs.delete(oldest);
  }

  /** Once; the next try looks again. `undefined` where nothing was offered, or other hosts are meant by now. */
  take(request: TransferRequest, { env, hosts }: OfferContext): Job | undefined {
    const job = this.#jobs.get(keyOf(request));
    this.#jobs.delete(keyOf(request));
    const isSame = job?.sender === (hosts.from ?? env.local) && job.receiver === (hosts.to ?? env.local);
    return isSame ? job : undefined;
  }
}

/** All that an offer hangs on, but what it writes to: the staging name may be chosen later. */
function keyOf({ id, from, limits, driverOptions }: TransferRequest): string {
  return JSON.stringify([id, from.href, from.facts.size, limits, driverOptions]);
}
