import { paceProgram, withPacedPipe } from '@image-api/host';
import type { PacedPipe } from '@image-api/host';
import { race } from './race.ts';
import type { Contender, Score } from './race.ts';
import type { Setting } from './setting.ts';

/** What the paced pipe costs where nothing is limited and nothing else is in the way: bytes through it against bytes through `cat`. */
export function benchPipe({ rounds, mebibytes }: Setting): Promise<readonly Score[]> {
  return withPacedPipe(
    { limits: {} },
    { onControl: () => () => undefined },
    () => undefined,
    async (pipe) => [await raceUp(pipe, rounds, mebibytes), await raceDown(pipe, rounds, mebibytes)],
  );
}

/** As the bytes of an upload go: in through our input, out to the program behind. */
function raceUp(pipe: PacedPipe, rounds: number, mebibytes: number): Promise<Score> {
  const contenders = [
    paced(pipe, 'head -c "$1M" /dev/zero | "$2" --here localhost sh -c "cat > /dev/null"', mebibytes),
    plain('head -c "$1M" /dev/zero | cat | sh -c "cat > /dev/null"', mebibytes),
  ];
  return race(`${mebibytes} MiB to a program behind the pipe`, contenders, rounds, nothing);
}

/** As the bytes of a download go. */
function raceDown(pipe: PacedPipe, rounds: number, mebibytes: number): Promise<Score> {
  const contenders = [
    paced(pipe, '"$2" --here localhost head -c "$1M" /dev/zero | cat > /dev/null', mebibytes),
    plain('head -c "$1M" /dev/zero | cat | cat > /dev/null', mebibytes),
  ];
  return race(`${mebibytes} MiB from a program behind the pipe`, contenders, rounds, nothing);
}

function paced({ environment }: PacedPipe, script: string, mebibytes: number): Contender {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return { name: 'the paced pipe', command: ['env', ...variables, 'sh', '-c', script, 'sh', String(mebibytes), paceProgram()] };
}

function plain(script: string, mebibytes: number): Contender {
  return { name: 'cat in its place', command: ['sh', '-c', script, 'sh', String(mebibytes)] };
}

async function nothing(): Promise<void> {}
