import { copyFile, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TransferRequest } from '@image-api/driver';
import { afterwards, keepingTheEnd, overwrite, plain, rewriting, withoutHeld } from './faults.ts';
import type { Mutant } from './mutant.ts';

const kib = 1024;
const mib = 1024 * kib;

/** Faults in the bytes that arrive. */
export const copyingMutants: readonly Mutant[] = [
  {
    fault: 'flips one byte where an image ends a byte after a round size',
    fails: 'basics: copies a byte more and a byte less than a round size exactly',
    create: () =>
      afterwards(plain(), async ({ from, to }) => (from.facts.size === 64 * kib + 1 ? overwrite(to.path, 64 * kib, 1) : undefined)),
  },
  {
    fault: 'makes an empty image a byte long',
    fails: 'basics: copies an empty image exactly',
    create: () => afterwards(plain(), async ({ from, to }) => (from.facts.size === 0 ? overwrite(to.path, 0, 1) : undefined)),
  },
  {
    fault: 'finishes early',
    fails: 'basics: resolves only when all bytes are there',
    create: () => afterwards(plain(), finishEarly),
  },
  {
    fault: 'takes a name for a pattern',
    fails: 'basics: takes the name star*.raw as it is',
    create: () => rewriting(plain(), (request) => fromOther(request, 'star*.raw', 'starfish.raw')),
  },
  {
    fault: 'decodes a name twice',
    fails: 'basics: takes the name hash#question?percent%41.raw as it is',
    create: () => rewriting(plain(), (request) => fromOther(request, 'percent%41.raw', 'percentA.raw')),
  },
  {
    fault: 'loses a hole',
    fails: 'sparse: keeps a gibibyte of holes, the one at the end too',
    create: () => afterwards(plain({ sparse: true }), fillHole),
  },
  {
    fault: 'forgets the hole at the end',
    fails: 'sparse: copies an image with holes exactly',
    create: () =>
      afterwards(plain(), async ({ from, to }) => {
        const file = await open(to.path, 'r+');
        if (from.facts.size === 32 * mib) await file.truncate(17 * mib);
        await file.close();
      }),
  },
  {
    fault: 'lies about resume: it begins again',
    fails: 'resume: goes on from what an interrupted try left, and sends little more than what was missing',
    create: () => rewriting(plain({ resume: true }), withoutHeld),
  },
  {
    fault: 'keeps what an interrupted try left beyond the end',
    fails: 'resume: mends what an interrupted try left when the image has become shorter than it',
    create: () => keepingTheEnd(plain({ resume: true })),
  },
  {
    fault: 'accepts to resume without knowing how',
    fails: 'resume: refuses, or starts clean, where an interrupted try left something, as it does not claim `resume`',
    create: () => keepingTheEnd(rewriting(plain(), (request) => (request.held === 'resume' ? withoutHeld(request) : request))),
  },
  {
    fault: 'sends everything instead of what differs',
    fails: 'delta: sends less than a tenth where one block of 64 MiB has changed',
    create: () => rewriting(plain({ delta: true }), withoutHeld),
  },
  {
    fault: 'keeps what the old image had more',
    fails: 'delta: cuts off what the old image had more, and overwrites what it had where a hole is now',
    create: () => keepingTheEnd(plain({ delta: true })),
  },
  {
    fault: 'accepts to send differences without knowing how',
    fails: 'delta: refuses, or starts clean, where an old image is, as it does not claim `delta`',
    create: () => keepingTheEnd(rewriting(plain(), (request) => (request.held === 'delta' ? withoutHeld(request) : request))),
  },
  {
    fault: 'converts to what nobody asked for',
    fails: 'convert: converts between all formats it claims, and a guest sees no difference',
    create: () => {
      const driver = plain({ convert: { from: ['raw'], to: ['qcow2'] } });
      const other = (request: TransferRequest): TransferRequest => (request.toFormat ? { ...request, toFormat: 'vdi' } : request);
      return { ...driver, transfer: (request, context) => driver.transfer(other(request), context) };
    },
  },
  {
    fault: 'sends all of an image it has near',
    fails: 'cache: sends nothing for an image that was put near before',
    create: () => ({ ...plain({ cache: true }), fill: () => Promise.resolve({ counters: {} }) }),
  },
  {
    fault: 'writes to the destination while it fills its cache',
    fails: 'cache: writes nothing to `to` while it puts an image near',
    create: () => {
      const driver = plain({ cache: true });
      const fill: typeof driver.fill = async (request, context) => {
        await copyFile(request.from.path, request.to.path);
        return driver.fill?.(request, context) ?? { counters: {} };
      };
      return { ...driver, fill };
    },
  },
];

function fromOther(request: TransferRequest, name: string, other: string): TransferRequest {
  return { ...request, from: { ...request.from, path: request.from.path.replace(name, other) } };
}

/** Of a large image the last bytes come when nobody waits for them any more. */
async function finishEarly({ from, to }: TransferRequest): Promise<void> {
  const { size = 0, allocated = 0 } = from.facts;
  if (size < 16 * mib || allocated < size) return;
  const [image, file] = [await open(from.path, 'r'), await open(to.path, 'r+')];
  const { buffer } = await image.read(Buffer.alloc(mib), 0, mib, size - mib);
  await image.close();
  await file.write(Buffer.alloc(mib), 0, mib, size - mib);
  void sleep(300)
    .then(() => file.write(buffer, 0, mib, size - mib))
    .finally(() => void file.close());
}

async function fillHole({ from, to }: TransferRequest): Promise<void> {
  const { size = 0, allocated = 0 } = from.facts;
  if (allocated < size) await overwrite(to.path, mib, 2 * mib + 1, '\0');
}
