import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Counters, RunResult, TransferContext, TransferRequest } from '@image-api/driver';
import { soon, withPacedPipe } from '@image-api/host';
import type { PacedPipe } from '@image-api/host';
import { compareEnds, listOf } from './compare-ends.ts';
import type { Job } from './prepare-job.ts';
import { ofSsh, sshError } from './ssh-errors.ts';
import { argsFor } from './ssh-offer.ts';
import type { SshOptions } from './ssh-options.ts';
import { createLineReader, parseWord } from './ssh-progress.ts';

/** One copy under way. */
export interface Copy {
  readonly job: Job;
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly options: Required<SshOptions>;
}

/** Send what must be sent, through one session whose bytes are paced. */
export async function runSsh(copy: Copy): Promise<Partial<Counters>> {
  const { request, context } = copy;
  const tally = new Tally(request.from.facts.size ?? 0);
  const report = (pipe: PacedPipe): void => context.report(tally.counters(pipe));
  return withPacedPipe(request, context, report, async (pipe) => {
    const list = await listPieces(copy);
    try {
      context.report({ phase: 'copy', bytesLogical: 0 });
      await send(copy, pipe, tally, list);
      return tally.counters(pipe);
    } finally {
      if (list !== undefined) await rm(list, { force: true });
    }
  });
}

/** How far a copy is, as the end tells where the image arrives. */
class Tally {
  position = 0;
  #written = 0;
  #read = 0;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  hear(line: string, mark: string): void {
    const word = parseWord(line, mark);
    if (word?.kind === 'end') this.#read = Math.max(this.#read, word.read);
    if (word?.kind !== 'position') return;
    this.position = Math.max(this.position, Math.min(this.#size, word.position));
    this.#written = Math.max(this.#written, word.written);
    this.#read = Math.max(this.#read, word.written);
  }

  counters({ counters: { up, down } }: PacedPipe): Counters {
    return {
      bytesLogical: this.position,
      bytesRead: this.#read,
      bytesSent: up + down,
      bytesSkipped: Math.max(0, this.position - this.#written),
    };
  }
}

/** Where the destination holds something already: a file that says what of the image is to be sent. */
async function listPieces({ request, context }: Copy): Promise<string | undefined> {
  if (request.held === undefined) return undefined;
  context.report({ phase: 'compare' });
  const pieces = await compareEnds(request, context).catch((error: unknown) => Promise.reject(ofSsh(error, false)));
  if (pieces === undefined) return undefined;
  const list = join(context.scratchDir, 'pieces');
  await writeFile(list, listOf(pieces), { mode: 0o600 });
  return list;
}

async function send(copy: Copy, pipe: PacedPipe, tally: Tally, list: string | undefined): Promise<void> {
  const { job, request, context, options } = copy;
  let result: RunResult;
  try {
    result = await context.env.local.run('sh', argsFor(job, request, list), {
      signal: context.signal,
      stallMs: options.stallMs,
      progress: () => tally.position + pipe.progress,
      environment: { ...job.far.ssh.environment, ...pipe.environment },
      killAfterMs: 1000,
      onStdout: createLineReader((line) => tally.hear(line, job.mark)),
    });
  } catch (error) {
    throw ofSsh(error, false);
  }
  // Only then has the pipe counted all.
  const session = await pipe.exit();
  if (result.exitCode === 0) return;
  const stat = await soon(job.receiver.stat(request.to.path));
  throw sshError(result, {
    request,
    far: job.far.id,
    hosts: { source: job.sender.id, destination: job.receiver.id },
    untouched: list === undefined && stat?.kind === 'file' && stat.size === 0 && stat.allocated === 0,
    ...(session && { session }),
  });
}
