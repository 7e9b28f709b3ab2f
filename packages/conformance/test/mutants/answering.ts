import { utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TransferRequest } from '@image-api/driver';
import { offering, plain, reporting, rewriting, unlimited } from './faults.ts';
import type { Mutant } from './mutant.ts';

const mib = 2 ** 20;

/** Faults in what is answered before a byte moves. */
export const answeringMutants: readonly Mutant[] = [
  {
    fault: 'has claims that change while it works',
    fails: 'declare: makes claims that are plain data, the same of every instance, and the same after use',
    create: () => {
      const driver = plain();
      let used = false;
      return {
        ...driver,
        get capabilities() {
          return used ? { routes: driver.capabilities.routes } : driver.capabilities;
        },
        transfer: (request, context) => driver.transfer(request, context).finally(() => (used = request.from.facts.size === mib)),
      };
    },
  },
  {
    fault: 'has a route for something else',
    fails: 'declare: has a route for the copies it is tried with',
    create: () => ({ ...plain(), capabilities: { routes: [{ from: 'file', to: 'ssh' }], limits: 'start' } }),
  },
  {
    fault: 'has an id in capitals',
    fails: 'declare: has a kebab-case id and is written for version 1 of the contract',
    create: () => ({ ...plain(), id: 'Perfect' }),
  },
  {
    fault: 'has a fill() nobody knows of',
    fails: 'declare: has fill() exactly if it claims `cache`',
    create: () => ({ ...plain(), fill: () => Promise.resolve({ counters: {} }) }),
  },
  {
    fault: 'throws where its tool is missing',
    fails: 'probe: answers, with a reason if it is no, where no tool is installed',
    create: () => ({
      ...plain(),
      probe: async ({ local }) => {
        await local.run('cp', ['--version']);
        return { available: true, detail: 'cp' };
      },
    }),
  },
  {
    fault: 'answers a probe differently each time',
    fails: 'probe: is available here, and answers the same when it is asked again',
    create: () => ({ ...plain(), probe: () => Promise.resolve({ available: true, detail: String(performance.now()) }) }),
  },
  {
    fault: 'tries in its probe whether it may write',
    fails: 'probe: changes nothing while it looks',
    create: () => ({
      ...plain(),
      probe: async ({ local }) => {
        await local.remove('/nonexistent/trial');
        return { available: true, detail: 'tried' };
      },
    }),
  },
  {
    fault: 'touches the destination while it makes its offer',
    fails: 'offer: changes nothing while it looks',
    create: () =>
      offering(async (offer, { to }) => {
        await utimes(to.path, 1, 1);
        return offer;
      }),
  },
  {
    fault: 'offers without a number of seconds',
    fails: 'offer: accepts a plain copy with an estimate, a reason, and the commands it will run',
    create: () => offering((offer) => ({ ...offer, seconds: Number.NaN })),
  },
  {
    fault: 'reads the image before it offers',
    fails: 'offer: answers within a second',
    create: () =>
      offering(async (offer, { from }) => {
        if (from.facts.size === 3 * mib) await sleep(1100);
        return offer;
      }),
  },
  {
    fault: 'accepts whatever scheme it is given',
    fails: 'offer: refuses a scheme it has no route for, with a reason',
    create: () => rewriting(plain(), (request) => ({ ...request, to: { ...request.to, scheme: 'file' } })),
  },
  {
    fault: 'overlooks a misspelt option',
    fails: 'offer: does not accept an option it does not have',
    create: () => rewriting(plain(), (request) => ({ ...request, driverOptions: {} })),
  },
  {
    fault: 'rounds the limit up',
    fails: 'limits: offers the limit as it will be kept, never more than was asked for, and says what is charged',
    create: () => offering((offer, { limits }) => (limits.bandwidth === 1_000_001 ? { ...offer, limits: { bandwidth: mib } } : offer)),
  },
  {
    fault: 'rounds a tiny limit down to none',
    fails: 'limits: never rounds a tiny limit up, nor down to none',
    create: () => offering((offer, { limits }) => (limits.bandwidth === 100 ? { ...offer, limits: { bandwidth: 0 } } : offer)),
  },
  {
    fault: 'accepts a limit it cannot keep',
    fails: 'limits: refuses a copy with a limit, as it does not claim `limits`',
    create: () => rewriting(unlimited(), (request) => ({ ...request, limits: {} })),
  },
  {
    fault: 'overlooks that it is asked to convert',
    fails: 'convert: refuses to convert to a format it does not claim',
    create: () => rewriting(plain(), withoutFormat),
  },
  {
    fault: 'makes up a digest',
    fails: 'faithful: reports the digest of the source, if any',
    create: () => reporting((report) => ({ ...report, fromDigest: `sha256:${'0'.repeat(64)}` })),
  },
  {
    fault: 'claims that it hashes, and tells no digest',
    fails: 'faithful: tells the digest of what it moves where it is asked for sha256, as it claims `hashes`',
    create: () => rewriting(plain({ hashes: true }), (request) => ({ ...request, verify: 'size' })),
  },
];

function withoutFormat({ toFormat, ...request }: TransferRequest): TransferRequest {
  return toFormat ? request : { ...request };
}
