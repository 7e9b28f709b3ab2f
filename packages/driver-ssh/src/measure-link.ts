import { performance } from 'node:perf_hooks';
import type { Host } from '@image-api/driver';

/** What had come, and when. */
export interface Arrival {
  readonly ms: number;
  /** In all. */
  readonly bytes: number;
}

/** A moment on a fast link, and at most this long on a slow one. */
const probeBytes = 1024 * 1024;
const deadlineMs = 400;
/** Noise, so that an ssh that packs by itself cannot make it look faster; as text, because that is what comes. */
const probeScript = 'head -c "$1" /dev/urandom | base64 -w 0';

/**
 * How many bytes per second come from that host, told by a mebibyte at most. Links are taken to be as fast in the other direction.
 *
 * @returns `undefined` where too little came to tell
 */
export async function measureLink(far: Host, signal: AbortSignal): Promise<number | undefined> {
  const arrivals: Arrival[] = [];
  let bytes = 0;
  const start = performance.now();
  const onStdout = (text: string): void => {
    bytes += text.length;
    arrivals.push({ ms: performance.now() - start, bytes });
  };
  const words = ['-c', probeScript, 'sh', String((probeBytes / 4) * 3)];
  try {
    await far.run('sh', words, { signal, deadlineMs, killAfterMs: 200, onStdout });
  } catch {
    // Late, which tells enough. Whatever else is wrong will be told by the copy.
  }
  return linkRate(arrivals);
}

/** Of the later half only: a link may take a little at once before it comes to its pace. */
export function linkRate(arrivals: readonly Arrival[]): number | undefined {
  const last = arrivals.at(-1);
  const middle = arrivals.find(({ bytes }) => last !== undefined && bytes >= last.bytes / 2);
  if (last === undefined || middle === undefined || last.ms <= middle.ms || last.bytes < 64 * 1024) return undefined;
  return ((last.bytes - middle.bytes) / (last.ms - middle.ms)) * 1000;
}
