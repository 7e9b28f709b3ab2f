import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CopyOptions } from 'image-api';
import { onTestFinished } from 'vitest';
import { arrivedIn } from './growth.ts';
import type { LabHost } from './lab-host.ts';

const program = fileURLToPath(new URL('../test/programs/steer-copy.mjs', import.meta.url));

/** What the program says of an order it obeyed, or of the end. */
export interface Answer {
  readonly verb: 'limit' | 'pause' | 'resume' | 'ready' | 'release' | 'result';
  readonly inForce?: { readonly bandwidth?: number };
  readonly state?: string;
  /** Where the image can be used. */
  readonly uri?: string;
  /** How long it took, in milliseconds; for `ready` since the copy was asked for. */
  readonly ms?: number;
  readonly driver?: string;
  readonly verified?: { readonly by: string };
  /** The private file that holds what came of an image that was let go of before all had come. */
  readonly incomplete?: string;
}

/** A copy by a program that uses the library, on a host of the lab. With the test it ends, too. */
export interface SteeredCopy {
  /** Give an order; resolves with the answer to it. */
  order(line: string): Promise<Answer>;
  /** Resolves with the last answer, when the program has ended. */
  readonly over: Promise<Answer>;
}

export interface CopyToSteer {
  readonly from: string;
  readonly to: string;
  readonly driver: string;
  /** Bytes per second at the start. Default: no limit. */
  readonly bandwidth?: number;
  readonly options?: CopyOptions;
}

export function startSteeredCopy(host: LabHost, { from, to, driver, bandwidth, options }: CopyToSteer): SteeredCopy {
  const asked = JSON.stringify({ ...(bandwidth !== undefined && { limit: bandwidth }), ...options });
  const [file, ...args] = host.enter([process.execPath, program, from, to, driver, asked]);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (piece: Buffer) => (complaints += piece.toString()));
  const waiting: ((answer: Answer) => void)[] = [];
  let last: Answer | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = JSON.parse(line) as Answer;
    waiting.shift()?.(last);
  });
  const over = once(child, 'close').then(([code]) => {
    if (code !== 0 || !last) throw new Error(`the program ended with ${String(code)}: ${complaints}`);
    return last;
  });
  over.catch(() => undefined);
  onTestFinished(async () => {
    child.stdin.end();
    await over.catch(() => undefined);
  });
  return {
    order: (line) => {
      const answered = new Promise<Answer>((resolve) => waiting.push(resolve));
      child.stdin.write(`${line}\n`);
      return Promise.race([answered, over]);
    },
    over,
  };
}

/** Resolves when so many bytes have come; rejects when the copy fails before, or they do not come. */
export async function untilArrived({ over }: SteeredCopy, directory: string, bytes: number): Promise<void> {
  for (let round = 0; round < 1000; round += 1) {
    if ((await arrivedIn(directory)) >= bytes) return;
    await Promise.race([over, delay(20)]);
  }
  throw new Error(`there are only ${await arrivedIn(directory)} bytes of ${bytes}`);
}
