import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { waitsDuring } from './fsync-victim.ts';
import type { Waits } from './fsync-victim.ts';
import type { CommandLine } from './race.ts';

/** One copy beside a neighbour, or the neighbour alone. */
export interface Visit {
  readonly waits: Waits;
  readonly seconds: number;
  /** Of data; 0 where nothing was copied. */
  readonly mebibytesPerSecond: number;
}

export interface NeighbourRun {
  readonly name: string;
  readonly visits: readonly Visit[];
}

/** A way of copying; without a command, the neighbour is alone. */
export type Guest = Omit<CommandLine, 'command'> & { readonly command?: CommandLine['command'] };

/** What all of them copy, and where. */
export interface Visits {
  /** Where the neighbour lives. */
  readonly folder: string;
  readonly rounds: number;
  readonly mebibytes: number;
  /** Brings everything back to where it was before a copy. */
  readonly forget: () => Promise<void>;
}

const aloneSeconds = 8;

/** Let the ways of copying take turns beside a neighbour. Who begins changes from round to round. */
export async function neighbourVisits(
  guests: readonly Guest[],
  { folder, rounds, mebibytes, forget }: Visits,
): Promise<readonly NeighbourRun[]> {
  const runs = guests.map((guest) => ({ ...guest, visits: [] as Visit[] }));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < runs.length; turn++) {
      const run = runs[(round + turn) % runs.length];
      await forget();
      run?.visits.push(await visit(folder, run.command, mebibytes));
    }
  }
  return runs.map(({ name, visits }) => ({ name, visits }));
}

async function visit(folder: string, command: Guest['command'], mebibytes: number): Promise<Visit> {
  const { waits, result: seconds } = await waitsDuring(folder, () =>
    command ? secondsOf(command) : sleep(aloneSeconds * 1000, aloneSeconds),
  );
  return { waits, seconds, mebibytesPerSecond: command ? mebibytes / seconds : 0 };
}

async function secondsOf([program, ...args]: CommandLine['command']): Promise<number> {
  // The neighbour is at work before the copy comes.
  await sleep(300);
  const startedAt = performance.now();
  await execa(program, args, { stdin: 'ignore', stdout: 'ignore' });
  return (performance.now() - startedAt) / 1000;
}
