import { execa } from 'execa';

/** One way of doing the job, as a command line. */
export interface CommandLine {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** One way of doing the job: a command line, or work of this process. */
export type Contender = CommandLine | { readonly name: string; readonly work: () => Promise<void> };

export interface Score {
  readonly title: string;
  /** In the order of the contenders; the first is ours. */
  readonly times: readonly { readonly name: string; readonly seconds: readonly number[] }[];
}

/**
 * Let contenders do the same job in turn, `rounds` times each. Who starts changes from round to round, so that neither always
 * finds the disk as the other left it.
 *
 * @param reset brings everything back to where it was before a run; not timed
 */
export async function race(title: string, contenders: readonly Contender[], rounds: number, reset: () => Promise<void>): Promise<Score> {
  const times = contenders.map(({ name }) => ({ name, seconds: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (round + turn) % contenders.length;
      const contender = contenders[index];
      if (!contender) continue;
      await reset();
      times[index]?.seconds.push(await secondsOf(contender));
    }
  }
  return { title, times };
}

async function secondsOf(contender: Contender): Promise<number> {
  const start = performance.now();
  await ('work' in contender ? contender.work() : runCommand(contender.command));
  return (performance.now() - start) / 1000;
}

async function runCommand([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  await execa(program, args, { stdin: 'ignore', stdout: 'ignore' });
}

/** A table of minimum and median, and how the first compares with each by the minimum. */
export function formatScore({ title, times }: Score): string {
  const ours = Math.min(...(times[0]?.seconds ?? []));
  const rows = times.map(({ name, seconds }) => {
    const least = Math.min(...seconds);
    return `  ${name.padEnd(34)} min ${least.toFixed(3)} s   median ${median(seconds).toFixed(3)} s   ours ÷ this ${(ours / least).toFixed(2)}`;
  });
  return [`${title}, ${times[0]?.seconds.length ?? 0} rounds`, ...rows].join('\n');
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
