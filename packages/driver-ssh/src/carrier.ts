import type { TransferContext, TransferRequest } from '@image-api/driver';
import { withControls, withPacedPipe } from '@image-api/host';
import type { PacedPipe, ProgramEnd } from '@image-api/host';
import { FarPacer } from './far-pacer.ts';
import type { Job } from './prepare-job.ts';

/** What the bytes go through, wherever that is. */
export interface Carrier {
  /** Bytes that went by so far. */
  readonly sent: number;
  /** A number that changes while all is well. For `RunOptions.progress`. */
  readonly progress: number;
  /** It is used from now on. What the tool needs to find it, or to begin with: to be added to its environment. */
  begin(): Readonly<Record<string, string>>;
  /** A line that the tool said. */
  hear(line: string): void;
  /** How the tool's ssh ended, where that is told apart from the tool's own end. */
  exit(): Promise<ProgramEnd | undefined>;
}

/**
 * Do the work with what carries the bytes of a copy, and let the copy be paused and its limit be changed meanwhile: a program of this machine, where
 * they come by here.
 *
 * @param onMoved called up to twenty times a second while bytes move
 */
export function withCarrier<T>(
  job: Job,
  request: TransferRequest,
  context: TransferContext,
  onMoved: (carrier: Carrier) => void,
  work: (carrier: Carrier) => Promise<T>,
): Promise<T> {
  if (job.kind !== 'between')
    return withPacedPipe(
      request,
      context,
      (pipe) => onMoved(here(pipe)),
      (pipe) => work(here(pipe)),
    );
  const pacer: FarPacer = new FarPacer({ on: job.on, mark: job.paceMark, limits: request.limits, onMoved: () => onMoved(pacer) });
  return withControls(context, pacer, () => work(pacer)).finally(() => pacer.close());
}

function here(pipe: PacedPipe): Carrier {
  return {
    get sent() {
      return pipe.counters.up + pipe.counters.down;
    },
    get progress() {
      return pipe.progress;
    },
    begin: () => pipe.environment,
    hear: () => undefined,
    exit: () => pipe.exit(),
  };
}
