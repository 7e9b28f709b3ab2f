import { open } from 'node:fs/promises';
import type {
  AcceptedOffer,
  Capabilities,
  Driver,
  ErrorCode,
  ImageError,
  TransferContext,
  TransferReport,
  TransferRequest,
} from '@image-api/driver';
import { isImageError } from '@image-api/driver';
import { everything, perfect } from '../perfect-driver.ts';

/** What a fault is put into: a driver that keeps all promises but makes as few as the fault needs. Limits make long copies of short ones. */
export function plain(more: Partial<Capabilities> = {}): Driver {
  return perfect({ routes: everything.routes, limits: 'start', ...more });
}

/** One that cannot even keep a limit. */
export function unlimited(more: Partial<Capabilities> = {}): Driver {
  return perfect({ routes: everything.routes, ...more });
}

/** Other offers than those it would make. */
export function offering(change: (offer: AcceptedOffer, request: TransferRequest) => Promise<AcceptedOffer> | AcceptedOffer): Driver {
  const driver = plain();
  return {
    ...driver,
    offer: async (request, context) => {
      const offer = await driver.offer(request, context);
      return offer.accept ? change(offer, request) : offer;
    },
  };
}

/** It understands another request than the one it was given. */
export function rewriting(driver: Driver, change: (request: TransferRequest) => TransferRequest): Driver {
  return {
    ...driver,
    offer: (request, context) => driver.offer(change(request), context),
    transfer: (request, context) => driver.transfer(change(request), context),
  };
}

/** It does something more when a copy has gone well. */
export function afterwards(driver: Driver, work: (request: TransferRequest, context: TransferContext) => Promise<void>): Driver {
  return {
    ...driver,
    transfer: async (request, context) => {
      const report = await driver.transfer(request, context);
      await work(request, context);
      return report;
    },
  };
}

/** It throws something else where it should throw this. */
export function failing(driver: Driver, code: ErrorCode, change: (error: ImageError) => Error): Driver {
  return {
    ...driver,
    transfer: async (request, context) => {
      try {
        return await driver.transfer(request, context);
      } catch (error) {
        throw isImageError(error) && error.code === code ? change(error) : error;
      }
    },
  };
}

/** It uses what it was given in another way. */
export function inContext(driver: Driver, change: (context: TransferContext, request: TransferRequest) => TransferContext): Driver {
  return { ...driver, transfer: (request, context) => driver.transfer(request, change(context, request)) };
}

/** It reports something else in the end. */
export function reporting(change: (report: TransferReport) => TransferReport): Driver {
  const driver = plain();
  return { ...driver, transfer: async (request, context) => change(await driver.transfer(request, context)) };
}

/** It does not see that something is held. */
export function withoutHeld({ held, ...request }: TransferRequest): TransferRequest {
  return held ? request : { ...request };
}

/** It leaves what was held beyond the end of the image. */
export function keepingTheEnd(driver: Driver): Driver {
  return afterwards(driver, async ({ held, from, to }) => {
    const [wanted, was] = [from.facts.size ?? 0, to.facts.size ?? 0];
    if (held && was > wanted) await overwrite(to.path, wanted, was - wanted);
  });
}

export async function overwrite(path: string, at: number, length: number, byte = 'x'): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(Buffer.alloc(length, byte), 0, length, at);
  } finally {
    await file.close();
  }
}
