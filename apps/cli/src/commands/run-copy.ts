import type { Task } from 'image-api';
import { follow, progressView } from '../copy/follow.ts';
import { createJsonListener } from '../copy/json-listener.ts';
import { createStarterListener } from '../copy/starter-listener.ts';
import { createStderrListener } from '../copy/stderr-listener.ts';
import type { TaskListener } from '../copy/task-listener.ts';
import { badOption } from '../failure/to-image-error.ts';
import type { CopyFlags } from '../flags/flags.ts';
import { readCopyFlags } from '../flags/read-copy-flags.ts';
import { jsonLine } from '../text/json-line.ts';
import { withApi } from '../with-api.ts';
import type { World } from '../world.ts';
import { shortIdLength } from './run-tasks.ts';

/** `imagectl copy`: start the copy, tell how it goes, and wait for its end. */
export async function runCopy(
  line: { readonly from: string; readonly to: string; readonly flags: CopyFlags },
  world: World,
): Promise<number> {
  const { from, to, flags } = line;
  const options = readCopyFlags(flags);
  if (flags.detach && flags.ready) throw badOption('--detach and --ready are two moments to leave the copy to the background: choose one');
  // The one in the background is the same command line.
  if (flags.detach || (flags.ready && !world.tellStarter)) return detach(flags, world);
  return withApi(world, flags, async (api) => {
    const task = api.copy(from, to, { ...options, signal: world.signal });
    await follow(task, await listenersFor(task, flags, world));
    await task.wait();
    return 0;
  });
}

/** Leave the copy to the background as soon as it has begun, or can be used, and say what its id is, or where. */
async function detach(flags: CopyFlags, world: World): Promise<number> {
  const outcome = await world.startDetached();
  if ('exitStatus' in outcome) return outcome.exitStatus;
  const { id, uri } = outcome.started;
  const type = uri === undefined ? 'started' : 'ready';
  world.stdout.write(flags.json ? jsonLine({ type, ...outcome.started }) : `${uri ?? id}\n`);
  const first = uri === undefined ? '' : 'ready to use; ';
  if (!flags.json && !flags.quiet)
    world.stderr.write(
      `imagectl: ${first}copying in the background; see imagectl tasks, end it by imagectl cancel ${id.slice(0, shortIdLength)}\n`,
    );
  return 0;
}

async function listenersFor(task: Task, flags: CopyFlags, world: World): Promise<readonly TaskListener[]> {
  if (world.tellStarter) return [createStarterListener(task.id, flags.ready ? 'ready' : 'attempt', world.tellStarter)];
  const json = flags.json ? [createJsonListener((text) => void world.stdout.write(text), world.now)] : [];
  if (flags.quiet) return json;
  return [...json, createStderrListener(world.stderr, await progressView(flags, world), world.signal)];
}
