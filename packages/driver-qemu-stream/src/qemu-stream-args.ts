import type { PlannedCommand } from '@image-api/driver';
import { daemonArgs } from './daemon/daemon-args.ts';
import type { DaemonLimits } from './daemon/daemon-args.ts';

/** A step over the monitor, as `imagectl plan` shows it. */
export type QmpStep = readonly [command: string, commandArguments: object];

/** What a plan shows: the daemon as it is started, and what it is told. The directory of its sockets is another for every copy. */
export function plannedCommands(host: string, limits: DaemonLimits, steps: readonly QmpStep[]): PlannedCommand[] {
  return [
    { host, tool: 'prlimit', args: daemonArgs('$DIRECTORY/monitor', limits) },
    ...steps.map(([command, words]) => ({ host, tool: 'qmp', args: [command, JSON.stringify(words)] })),
  ];
}
