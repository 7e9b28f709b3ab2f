import { ImageError } from '@image-api/driver';
import type { Host, RunResult } from '@image-api/driver';
import { errnoFromText, fileError } from '@image-api/host';
import { writeBackArgs } from './write-back-args.ts';

/** The file that bytes arrive in. */
export interface Arrival {
  readonly host: Host;
  readonly path: string;
  /** It is written from its start to its end. */
  readonly grows: boolean;
  /** The disk may take so long for what is on its way to it. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/**
 * Have what arrives taken to the disk at once while `work` goes on, and all of it before its result is handed on.
 *
 * @param onWritten called again and again: all that had arrived when it was called the last time is on the disk
 * @throws what `work` throws, or why the disk did not take it
 */
export async function withWriteBack<T>(arrival: Arrival, onWritten: () => void, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const [over, broken] = [new AbortController(), new AbortController()];
  const words = new Words();
  const failure = writeBack(arrival, over.signal, () => {
    onWritten();
    words.heard();
  });
  void failure.then((error) => broken.abort(error));
  try {
    const result = await work(AbortSignal.any([arrival.signal, broken.signal]));
    const late = await Promise.race([words.twoMore(), failure]);
    if (late) throw late;
    return result;
  } catch (error) {
    if (broken.signal.aborted && !arrival.signal.aborted) throw await failure;
    throw error;
  } finally {
    over.abort();
    await failure;
  }
}

/** Resolves when it has ended, with the reason why it should not have. */
async function writeBack(arrival: Arrival, over: AbortSignal, onWritten: () => void): Promise<ImageError> {
  const { host, path, signal, stallMs } = arrival;
  const options = { signal: AbortSignal.any([signal, over]), idle: true, killAfterMs: 1000, stallMs, onStdout: onWritten };
  return host.run('perl', writeBackArgs(path, arrival), options).then((result) => failureOf(result, arrival), touched);
}

function failureOf({ stderr, exitCode, signal }: RunResult, { path, host }: Arrival): ImageError {
  const said = stderr.trim() || `perl ended with ${signal ?? `status ${exitCode}`}`;
  const errno = errnoFromText(stderr);
  return fileError({ side: 'destination', host: host.id, path, action: 'write', ...(errno !== undefined && { errno }), said });
}

/** Bytes may have arrived by then, whatever kept this from going on. */
function touched(error: ImageError): ImageError {
  if (!error.untouched) return error;
  const { message, code, origin, retryable, details } = error;
  return new ImageError(message, { code, origin, driver: 'rsync', retryable, details, cause: error });
}

/** Waits for words to come. */
class Words {
  #wanted = Infinity;
  #resolve: () => void = () => undefined;

  heard(): void {
    if (--this.#wanted === 0) this.#resolve();
  }

  /** What the second one from now on speaks of is all that is there now. */
  twoMore(): Promise<void> {
    this.#wanted = 2;
    return new Promise((resolve) => (this.#resolve = resolve));
  }
}
