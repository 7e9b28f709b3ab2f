import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Counters, RunResult, TransferContext, TransferRequest } from '@image-api/driver';
import { soon } from '@image-api/host';
import { withCarrier } from './carrier.ts';
import type { Carrier } from './carrier.ts';
import { bitsOf, compareEnds, listOf } from './compare-ends.ts';
import type { Job } from './prepare-job.ts';
import { ofSsh, sshError } from './ssh-errors.ts';
import { argsFor } from './ssh-offer.ts';
import type { SshOptions } from './ssh-options.ts';
import type { CopyWords } from './ssh-args.ts';
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
  const { job, request, context } = copy;
  const tally = new Tally(request.from.facts.size ?? 0);
  const report = ({ sent }: Carrier): void => context.report(tally.counters(sent));
  return withCarrier(job, request, context, report, async (carrier) => {
    const list = await listPieces(copy);
    try {
      context.report({ phase: 'copy', bytesLogical: 0 });
      await send(copy, carrier, tally, list);
      return tally.counters(carrier.sent);
    } finally {
      if (typeof list === 'string') await rm(list, { force: true });
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

  counters(bytesSent: number): Counters {
    return {
      bytesLogical: this.position,
      bytesRead: this.#read,
      bytesSent,
      bytesSkipped: Math.max(0, this.position - this.#written),
    };
  }
}

/** Where the destination holds something already: what of the image is to be sent, in a file of this machine, or as words where that cannot be read. */
async function listPieces({ job, request, context }: Copy): Promise<CopyWords['list']> {
  if (request.held === undefined) return undefined;
  context.report({ phase: 'compare' });
  const difference = await compareEnds(request, context).catch((error: unknown) => Promise.reject(ofSsh(error, false)));
  if (difference === undefined) return undefined;
  if (job.kind === 'between') return [String(difference.chunk), String(difference.held), bitsOf(difference)];
  const list = join(context.scratchDir, 'pieces');
  await writeFile(list, listOf(difference.pieces), { mode: 0o600 });
  return list;
}

async function send(copy: Copy, carrier: Carrier, tally: Tally, list: CopyWords['list']): Promise<void> {
  const { job, request, context, options } = copy;
  const onLine = (line: string): void => {
    tally.hear(line, job.mark);
    carrier.hear(line);
  };
  let result: RunResult;
  try {
    result = await job.on.run('sh', argsFor(job, request, list), {
      signal: context.signal,
      stallMs: options.stallMs,
      progress: () => tally.position + carrier.progress,
      environment: { ...job.environment, ...carrier.begin() },
      killAfterMs: 1000,
      onStdout: createLineReader(onLine),
    });
  } catch (error) {
    throw ofSsh(error, false);
  }
  // Only then has it counted all.
  const session = await carrier.exit();
  if (result.exitCode === 0) return;
  const stat = await soon(job.receiver.stat(request.to.path));
  throw sshError(result, {
    request,
    far: job.far.id,
    ...(job.kind === 'between' && { by: job.on.id }),
    hosts: { source: job.sender.id, destination: job.receiver.id },
    untouched: list === undefined && stat?.kind === 'file' && stat.size === 0 && stat.allocated === 0,
    ...(session && { session }),
  });
}
