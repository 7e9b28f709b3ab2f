import { formatRate, listTasks } from 'image-api';
import type { Limits, TaskRecord } from 'image-api';
import type { CommandFlags } from '../flags/flags.ts';
import { formatSeconds, formatSize, formatSpeed } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import { table } from '../text/table.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl tasks`: the copies of this user that run, and how those of the last hour ended. */
export async function runTasks(flags: CommandFlags, world: World): Promise<number> {
  const tasks = await unlessAborted(world.signal, listTasks());
  world.stdout.write(flags.json ? tasks.map((task) => jsonLine(task)).join('') : tasksText(tasks));
  return 0;
}

/** One line for each task. */
export function tasksText(tasks: readonly TaskRecord[]): string {
  if (tasks.length === 0) return 'nothing is being copied, and nothing was in the last hour\n';
  const head = ['id', 'state', 'done', 'rate', 'limit', 'driver', 'from', 'to'];
  return table([head, ...tasks.map((task) => rowOf(task))]);
}

/** Enough of an id to tell it from the others at a glance. */
export const shortIdLength = 8;

function rowOf(task: TaskRecord): readonly string[] {
  const { id, state, driver = '-', from, to, endedAt } = task;
  const stands = task.ready !== undefined && endedAt === undefined ? `${state}, ready` : state;
  return [id.slice(0, shortIdLength), stands, done(task), endedAt === undefined ? speed(task) : '-', limit(task.limits), driver, from, to];
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
