import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Lab } from './lab.ts';
import type { LabHost } from './lab-host.ts';
import { listing } from './listing.ts';
import type { Listing } from './listing.ts';
import { processesOf } from './processes.ts';

/** What is there on each host besides the files a test works with: processes, and files in /tmp, /run and the home directory. */
export type Traces = Readonly<Record<string, { readonly processes: readonly string[]; readonly files: Readonly<Record<string, unknown>> }>>;

/** With `expected`: waits up to five seconds for it to come true, because what ends here takes a moment to end over there. */
export async function tracesOf(lab: Lab, expected?: Traces): Promise<Traces> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const traces = Object.fromEntries(await Promise.all(lab.all.map(async (host) => [host.name, await tracesOn(host)] as const)));
    if (!expected || isDeepStrictEqual(traces, expected) || performance.now() > deadline) return traces;
    await delay(50);
  }
}

async function tracesOn(host: LabHost): Promise<Traces[string]> {
  const directories = ['/tmp', '/run', host.home].map(
    async (directory) => [directory, withoutOwnDirectories(await listing(host, directory, { oneDevice: true }))] as const,
  );
  const [processes, ...files] = await Promise.all([processesOf(host), ...directories]);
  return { processes: processes.map(({ pid, args }) => `${pid} ${args.join(' ')}`), files: Object.fromEntries(files) };
}

/**
 * The directories for sockets and for notes stay, for the next copy, and what was learnt of programs. So do notes, with the staging files they tell of, and on how long
 * copies took, and for an hour what is told of copies that ended. So do locks. The socket that a killed process was steered by goes with the next process that makes one.
 */
function withoutOwnDirectories(files: Listing): Listing {
  const steered = Object.keys(files).flatMap((path) => (path.endsWith('/control') ? [path, path.slice(0, -'/control'.length)] : []));
  const expected = ([path, what]: readonly [string, string]): boolean =>
    (own.test(path) && what === 'directory 700') || notes.test(path) || steered.includes(path);
  return Object.fromEntries(Object.entries(files).filter((entry) => !expected(entry)));
}

const notes =
  /^(\.local\/state\/image-api\/(staging\/[0-9a-f]{32}\.json|history\/[0-9a-f]{32}\.json(\.[0-9a-f]{12}\.draft)?)|(user\/\d+\/)?image-api(-\d+)?\/(finished\/[0-9a-f-]{36}\.json|swarm\/[0-9a-f]{12}\.lock|known-programs\/[\w.-]+\.json))(\.new)?$/;
const own =
  /^((user\/\d+\/)?image-api(-\d+)?(\/(finished|groups|known-programs|stream|swarm))?|\.local(\/state(\/image-api(\/(staging|history))?)?)?)$/;
