import { letGoOfServedImage, listServedImages } from '@image-api/driver-qemu-stream';
import type { ServedImage } from '@image-api/driver-qemu-stream';
import { formatRate, listTasks, steerTask } from 'image-api';
import type { Steering } from 'image-api';
import type { CommandFlags } from '../flags/flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { jsonLine } from '../text/json-line.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';
import { shortIdLength } from './run-tasks.ts';

type Answer = Awaited<ReturnType<typeof steerTask>>;

/**
 * `imagectl limit`, `pause`, `resume` and `cancel`: do that to a task in another process, and say what came of it. To cancel what is
 * served on after its copy is to end that.
 */
export async function runSteer(id: string, steering: Steering, flags: CommandFlags, world: World): Promise<number> {
  const served = steering.ask === 'cancel' ? await unlessAborted(world.signal, findServed(id)) : undefined;
  if (served) {
    await unlessAborted(world.signal, letGoOfServedImage(served.id));
    world.stdout.write(flags.json ? jsonLine({ ...served, outcome: 'released' }) : `${servedEndText(served)}\n`);
    return 0;
  }
  const answer = await unlessAborted(world.signal, steerTask(id, steering));
  const { task, limits, outcome } = answer;
  world.stdout.write(
    flags.json ? jsonLine({ ...task, ...(limits && { limits }), ...(outcome && { outcome }) }) : `${steeredText(steering, answer)}\n`,
  );
  return 0;
}

/** The one image that is served on whose id begins so, and that no task has. */
async function findServed(id: string): Promise<ServedImage | undefined> {
  const isMeant = (one: { readonly id: string }): boolean => id !== '' && one.id.startsWith(id);
  const [tasks, served] = await Promise.all([listTasks(), listServedImages()]);
  const [only, ...others] = served.filter(isMeant);
  return others.length > 0 || tasks.some((task) => task.endedAt === undefined && isMeant(task)) ? undefined : only;
}

/** That an image is served no longer. */
export function servedEndText({ id, to, complete }: ServedImage): string {
  const left = complete ? 'it is complete' : 'what has come is kept, and the same copy goes on from it';
  return `${id.slice(0, shortIdLength)} is no longer served: ${escapeControls(to)}, ${left}`;
}

/** What is in force now, in one sentence. */
export function steeredText({ ask }: Pick<Steering, 'ask'>, { task, limits, outcome }: Answer): string {
  const name = task.id.slice(0, shortIdLength);
  if (ask === 'cancel') return outcome === 'cancelled' ? `${name} is cancelled` : `${name} had ${outcome ?? 'ended'} already`;
  if (ask === 'limit') return `${name} is held to ${limits?.bandwidth === undefined ? 'no limit' : formatRate(limits.bandwidth)}`;
  return `${name} is ${task.state}`;
}
