import { spawn } from 'node:child_process';
import { copyFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import { afterwards, failing, inContext, plain } from './faults.ts';
import type { Mutant } from './mutant.ts';

const left: (number | undefined)[] = [];

/** Faults in how a copy ends, and in what it leaves. */
export const endingMutants: readonly Mutant[] = [
  {
    fault: 'calls a missing source a failure of its tool',
    fails: 'errors: tells a source that is gone, by its name',
    create: () =>
      failing(
        plain(),
        'SOURCE_MISSING',
        ({ message, untouched }) => new ImageError(message, { code: 'TOOL_FAILED', origin: 'driver', untouched }),
      ),
  },
  {
    fault: 'throws a plain error',
    fails: 'errors: tells a directory that is no longer there to write to',
    create: () => failing(plain(), 'DESTINATION_UNWRITABLE', ({ message }) => new Error(message)),
  },
  {
    fault: 'calls a full disk a failure to write',
    fails: 'errors: tells a disk that is full',
    create: () => failing(plain(), 'NO_SPACE', ({ message }) => new ImageError(message, { code: 'WRITE_FAILED', origin: 'destination' })),
  },
  {
    fault: 'thinks for long before it ends what never began',
    fails: 'abort: rejects with CANCELLED within two seconds when it was cancelled before it began',
    create: () => {
      const driver = plain();
      return {
        ...driver,
        transfer: async (request, context) => {
          if (context.signal.aborted) await sleep(2100);
          return driver.transfer(request, context);
        },
      };
    },
  },
  {
    fault: 'ignores a cancel on the way',
    fails: 'abort: rejects with CANCELLED within two seconds when it is cancelled on the way, as often as it is',
    create: () =>
      inContext(plain(), (context) => {
        if (context.signal.aborted) return context;
        return { ...context, checkpoint: (bytes) => context.checkpoint(bytes).catch(() => undefined) };
      }),
  },
  {
    fault: 'is of no use after a cancel',
    fails: 'abort: copies as ever after it was cancelled',
    create: () => {
      let broken = false;
      return inContext(plain(), (context) => {
        broken ||= context.signal.aborted;
        return broken ? { ...context, checkpoint: () => Promise.reject(cancelled(true)) } : context;
      });
    },
  },
  {
    fault: 'says untouched although it has written',
    fails: 'untouched: never says untouched once it has written',
    create: () => failing(plain(), 'CANCELLED', () => cancelled(true)),
  },
  {
    fault: 'does not know that it was cancelled before it wrote',
    fails: 'untouched: says untouched of a copy that was cancelled before it began',
    create: () => failing(plain(), 'CANCELLED', () => cancelled(false)),
  },
  {
    fault: 'does not know that it wrote nothing where the source was gone',
    fails: 'untouched: says untouched of a copy whose source was gone',
    create: () => failing(plain(), 'SOURCE_MISSING', ({ message, code, origin }) => new ImageError(message, { code, origin })),
  },
  {
    fault: 'leaves a file beside',
    fails: 'only to: makes and changes nothing beside `to`, however a copy ends',
    create: () => afterwards(plain(), ({ to }) => writeFile(`${to.path}.log`, 'done')),
  },
  {
    fault: 'puts another file in its place',
    fails: 'only to: writes into the very file it was given',
    create: () =>
      afterwards(plain(), async ({ to }) => {
        await copyFile(to.path, `${to.path}.new`);
        await rename(`${to.path}.new`, to.path);
      }),
  },
  {
    fault: 'touches the source',
    fails: 'only to: leaves the source as it was',
    create: () => afterwards(plain(), ({ from }) => utimes(from.path, 1, 1)),
  },
  {
    fault: 'leaves something in its scratch directory',
    fails: 'only to: leaves its scratch directory empty',
    create: () => afterwards(plain(), (_, { scratchDir }) => writeFile(join(scratchDir, 'state'), '')),
  },
  {
    fault: 'leaves a process',
    fails: 'only to: leaves no process behind, however a copy ends',
    create: () =>
      afterwards(plain(), async ({ from }) => {
        if (from.facts.size === 2 ** 20) left.push(spawn('sleep', ['300'], { stdio: 'ignore' }).pid);
      }),
    cleanUp: () => {
      for (const pid of left.splice(0)) if (pid !== undefined) process.kill(pid);
    },
  },
  {
    fault: 'cannot be disposed twice',
    fails: 'dispose: can be disposed without ever having been used, and twice',
    create: () => {
      let disposed = false;
      const dispose = async (): Promise<void> => {
        if (disposed) throw new Error('disposed already');
        disposed = true;
      };
      return { ...plain(), dispose };
    },
  },
];

function cancelled(untouched: boolean): ImageError {
  return new ImageError('cancelled', { code: 'CANCELLED', origin: 'caller', untouched });
}
