import { readdirSync, readFileSync } from 'node:fs';

/** A thread of this process. */
export interface WritingThread {
  readonly id: string;
  /** −20 to 19; larger is nicer to others. */
  readonly nice: number;
  /** Bytes it has written so far, to whatever. */
  readonly written: number;
}

/** The threads of this process, by which a driver may move bytes itself; none where there is no `/proc`, or it does not tell. */
export function writingThreads(): WritingThread[] {
  try {
    return readdirSync('/proc/self/task').flatMap((id) => readThread(id) ?? []);
  } catch {
    return [];
  }
}

function readThread(id: string): WritingThread | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    const written = /^wchar: (\d+)$/m.exec(readFileSync(`/proc/self/task/${id}/io`, 'utf8'))?.[1];
    // The name before it, in brackets, may hold anything.
    const nice = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    return written === undefined ? undefined : { id, nice, written: Number(written) };
  } catch {
    return undefined;
  }
}
