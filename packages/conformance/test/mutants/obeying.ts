import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Driver, Limits, ReadyImage, TransferContext } from '@image-api/driver';
import { serveNbd } from '../nbd-server.ts';
import { byTool } from '../tool-driver.ts';
import { inContext, plain, reporting } from './faults.ts';
import type { Mutant } from './mutant.ts';

const mib = 2 ** 20;
const nothing = (): Promise<void> => Promise.resolve();

/** Faults in what is told, and in what is done when it is asked for, while bytes move. */
export const obeyingMutants: readonly Mutant[] = [
  {
    fault: 'reports progress backwards',
    fails: 'progress: tells counters that never go down and never exceed what there is',
    create: () => telling((update, context) => (context.report(update), context.report({ bytesRead: (update.bytesRead ?? 0) / 2 }))),
  },
  {
    fault: 'counts more than there is',
    fails: 'progress: tells counters that never go down and never exceed what there is',
    create: () => telling((update, context) => context.report({ ...update, bytesSkipped: 2 ** 40 })),
  },
  {
    fault: 'does not say how far it is',
    fails: 'progress: tells at least three times how far a long copy is, and at its end all of it',
    create: () => telling((_, context) => context.report({ phase: 'copy' })),
  },
  {
    fault: 'tells of bytes that are still to come',
    fails: 'progress: tells of no byte long before it has arrived',
    create: () =>
      telling(({ bytesLogical = 0 }, context, size) => context.report({ bytesLogical: Math.min(size, bytesLogical + 6 * mib) })),
  },
  {
    fault: 'invents byte counts',
    fails: 'progress: invents no byte counts, as it does not claim `progress: bytes`',
    create: () =>
      inContext(plain({ progress: 'phases' }), (context, { from }) => {
        context.report({ bytesLogical: Math.floor((from.facts.size ?? 0) / 2) });
        return context;
      }),
  },
  {
    fault: 'drops the limit',
    fails: 'limits: takes 1.5 to 3 seconds for 8 MiB at 4 MiB/s, no byte of them before its time',
    create: () => inContext(plain(), (context) => ({ ...context, checkpoint: (bytes) => context.checkpoint(bytes / 8) })),
  },
  {
    fault: 'does not obey when the limit is changed',
    fails: 'limits: obeys a change within a second, and answers what is in force',
    create: () =>
      inContext(plain({ limits: 'live' }), (context) => {
        let changed = false;
        const onLimits = (limits: Limits): Promise<Limits> => ((changed = true), Promise.resolve(limits));
        return {
          ...registering(context, 'limits', onLimits),
          checkpoint: (bytes) => context.checkpoint(changed ? bytes / 4 : bytes),
        };
      }),
  },
  {
    fault: 'lets limits be changed without claiming it',
    fails: 'limits: registers no way to change limits, as it does not claim `limits: live`',
    create: () =>
      inContext(plain(), (context) => {
        context.onControl('limits', (limits) => Promise.resolve(limits));
        return context;
      }),
  },
  {
    fault: 'ignores a pause',
    fails: 'pause: moves no byte for half a second while it is paused, then finishes',
    create: () => inContext(plain({ pause: true }), (context, { limits }) => ({ ...context, checkpoint: paced(context, limits) })),
  },
  {
    fault: 'cannot be cancelled while it is paused',
    fails: 'pause: can be cancelled while it is paused',
    create: () =>
      inContext(plain({ pause: true }), (context) => {
        let paused = false;
        const late = async (error: unknown): Promise<void> => {
          if (paused) await sleep(2100);
          throw error;
        };
        return {
          ...registering(context, 'pause', async () => void (paused = true)),
          checkpoint: (bytes) => context.checkpoint(bytes).catch(late),
        };
      }),
  },
  {
    fault: 'lets itself be paused without claiming it',
    fails: 'pause: registers no way to pause, as it does not claim `pause`',
    create: () =>
      inContext(plain(), (context) => {
        context.onControl('pause', nothing);
        return context;
      }),
  },
  {
    fault: 'calls ready without claiming it',
    fails: 'readyEarly: never calls ready, as it does not claim `readyEarly`',
    create: () =>
      inContext(plain(), (context) => {
        context.ready({ uri: 'file:///nonexistent', format: 'raw', writable: false, release: nothing });
        return context;
      }),
  },
  {
    fault: 'serves zeros for what has not arrived',
    fails: 'readyEarly: hands out an address where the right bytes are read, the last ones too, before the copy is complete',
    create: () =>
      readying(async (image, path, size) => {
        const file = await open(path, 'r');
        const read = async (at: number, length: number): Promise<Uint8Array> =>
          (await file.read(Buffer.alloc(length), 0, length, at)).buffer;
        const { uri, close } = await serveNbd({ size, read });
        const release = async (): Promise<void> => void (await Promise.all([image.release(), close().then(() => file.close())]));
        return { ...image, uri, release };
      }),
  },
  {
    fault: 'drops its clients when it is done',
    fails: 'readyEarly: serves a client that is attached through completion and the rename, until it leaves',
    create: () => {
      const driver = plain({ readyEarly: true });
      let release = nothing;
      const keep = (image: ReadyImage): ReadyImage => {
        release = remembered(image.release);
        return { ...image, release };
      };
      const context = (given: TransferContext): TransferContext => ({ ...given, ready: (image) => given.ready(keep(image)) });
      return {
        ...driver,
        transfer: async (request, given) => {
          const report = await driver.transfer(request, context(given));
          await release();
          return report;
        },
      };
    },
  },
  {
    fault: 'goes on serving when it is released',
    fails: 'readyEarly: ends what it serves when it is released',
    create: () => {
      const releases: (() => Promise<void>)[] = [];
      const driver = readying((image) => {
        releases.push(image.release);
        return Promise.resolve({ ...image, release: nothing });
      });
      return { ...driver, dispose: async () => void (await Promise.all(releases.splice(0).map((release) => release()))) };
    },
  },
  {
    fault: 'runs its tool as if nobody else was there',
    fails: 'idle: writes by no process, and no thread of this one, of ordinary priority where it was asked for idle',
    create: () => byTool(0),
  },
  {
    fault: 'moves the bytes itself as if nobody else was there',
    fails: 'idle: writes by no process, and no thread of this one, of ordinary priority where it was asked for idle',
    create: () => plain({ idle: true }),
  },
  {
    fault: 'reports half of the image as all of it',
    fails: 'faithful: reports in the end, if anything, all of the image, and no more skipped than there is',
    create: () => reporting(({ counters }) => ({ counters: { ...counters, bytesLogical: (counters.bytesLogical ?? 0) / 2 } })),
  },
];

type Update = Parameters<TransferContext['report']>[0];

/** It tells something else of how far it is. */
function telling(tell: (update: Update, context: TransferContext, size: number) => void): Driver {
  return inContext(plain({ progress: 'bytes' }), (context, { from }) => ({
    ...context,
    report: (update) => tell(update, context, from.facts.size ?? 0),
  }));
}

/** It hands out another image as ready. */
function readying(change: (image: ReadyImage, path: string, size: number) => Promise<ReadyImage>): Driver {
  return inContext(plain({ readyEarly: true }), (context, { from, to }) => ({
    ...context,
    ready: (image) => void change(image, to.path, from.facts.size ?? 0).then((other) => context.ready(other)),
  }));
}

/** It answers one control in its own way. */
function registering(context: TransferContext, event: string, handler: unknown): TransferContext {
  const onControl = (name: string, given: unknown): unknown =>
    (context.onControl as (name: string, handler: unknown) => unknown)(name, name === event ? handler : given);
  return { ...context, onControl: onControl as TransferContext['onControl'] };
}

/** A limit kept without asking whether there is a pause. */
function paced({ signal }: TransferContext, { bandwidth = Infinity }: Limits): TransferContext['checkpoint'] {
  return async (bytes) => {
    await sleep((bytes / bandwidth) * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new ImageError('cancelled', { code: 'CANCELLED', origin: 'caller' });
  };
}

function remembered(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
