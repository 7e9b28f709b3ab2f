import { listServedImages } from '@image-api/driver-qemu-stream';
import type { ServedImage } from '@image-api/driver-qemu-stream';
import { formatRate, listTasks } from 'image-api';
import type { Limits, TaskRecord } from 'image-api';
import type { CommandFlags } from '../flags/flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds, formatSize, formatSpeed } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import { table } from '../text/table.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl tasks`: the copies of this user that run, how those of the last hour ended, and what is served on after its copy. */
export async function runTasks(flags: CommandFlags, world: World): Promise<number> {
  const [tasks, served] = await unlessAborted(world.signal, Promise.all([listTasks(), listServedImages()]));
  const lines = [...tasks, ...served.map(({ uri, ...image }) => ({ ...image, state: 'serving', driver: 'qemu-stream', ready: uri }))];
  world.stdout.write(flags.json ? lines.map((line) => jsonLine(line)).join('') : tasksText(tasks, served));
  return 0;
}

/** One line for each task, and for each image that is served on one more that says where. */
export function tasksText(tasks: readonly TaskRecord[], served: readonly ServedImage[] = []): string {
  if (tasks.length + served.length === 0) return 'nothing is being copied, and nothing was in the last hour\n';
  const head = ['id', 'state', 'done', 'rate', 'limit', 'driver', 'from', 'to'];
  const rows = [...tasks.map((task) => rowOf(task)), ...served.map((image) => servedRowOf(image))];
  return `${table([head, ...rows])}${served.map((image) => servedText(image)).join('')}`;
}

/** Enough of an id to tell it from the others at a glance. */
export const shortIdLength = 8;

function rowOf(task: TaskRecord): readonly string[] {
  const { id, state, driver = '-', from, to, endedAt } = task;
  const stands = task.ready !== undefined && endedAt === undefined ? `${state}, ready` : state;
  return [id.slice(0, shortIdLength), stands, done(task), endedAt === undefined ? speed(task) : '-', limit(task.limits), driver, from, to];
}

function servedRowOf({ id, from, to, complete }: ServedImage): readonly string[] {
  return [id.slice(0, shortIdLength), 'serving', complete ? 'complete' : 'incomplete', '-', '-', 'qemu-stream', from, to];
}

function servedText({ id, uri, attached }: ServedImage): string {
  const who = attached === 0 ? 'nobody is' : attached === 1 ? '1 client is' : `${attached} clients are`;
  return `${id.slice(0, shortIdLength)}: ${who} attached at ${escapeControls(uri)}\n`;
}

function done({ progress, error, result }: TaskRecord): string {
  if (error) return error.code;
  if (result) return `${result.size === undefined ? '' : `${formatSize(result.size)} `}in ${formatSeconds(result.seconds)}`;
  const { total, bytesLogical } = progress;
  return total === undefined || total.bytes === 0 ? formatSize(bytesLogical) : `${Math.floor((100 * bytesLogical) / total.bytes)} %`;
}

function speed({ state, progress }: TaskRecord): string {
  return state === 'running' ? formatSpeed(progress.rate) : '-';
}

function limit({ bandwidth }: Limits): string {
  return bandwidth === undefined ? 'none' : formatRate(bandwidth);
}
