import { open, readFile } from 'node:fs/promises';
import { defineDriver, ImageError } from '@image-api/driver';
import type { Capabilities, Driver, ImageErrorOptions, Offer, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';

/** What a scripted driver does when it is asked to transfer, one entry per call; the last one goes on for ever. */
export type Step =
  | 'copy'
  /** Copies, then waits until it is cancelled. */
  | 'hang'
  /** Copies all but the last byte, and says all is well. */
  | 'stop-short'
  /** Changes one byte on the way, and says all is well. */
  | 'flip-a-byte'
  /** Writes half of it, then fails. */
  | { readonly half: ImageErrorOptions }
  /** Fails before the first byte. */
  | { readonly fail: ImageErrorOptions }
  | ((request: TransferRequest, context: TransferContext) => Promise<TransferReport>);

export interface Script {
  readonly id?: string;
  readonly capabilities?: Partial<Capabilities>;
  readonly offer?: Partial<Offer>;
  /** What it says to every request before it is probed. */
  readonly refusal?: string;
  /** What asking for an offer throws. */
  readonly offerError?: Error;
  readonly steps?: readonly Step[];
  readonly arrived?: Driver['arrived'];
  /** Why it cannot work here. */
  readonly unavailable?: string;
}

/** A driver for local files whose behaviour a test writes down, and which remembers what it was asked. */
export function scriptedDriver(script: Script = {}): Driver & { readonly asked: TransferRequest[] } {
  const asked: TransferRequest[] = [];
  const steps = script.steps ?? ['copy'];
  const driver = defineDriver({
    specVersion: 1,
    id: script.id ?? 'scripted',
    capabilities: { routes: [{ from: 'file', to: 'file' }], ...script.capabilities },
    ...(script.refusal !== undefined && { refuses: () => script.refusal }),
    probe: () => {
      const { unavailable: reason, refusal } = script;
      if (refusal !== undefined) return Promise.reject(new Error('probed in vain'));
      return Promise.resolve(reason === undefined ? { available: true, detail: 'scripted' } : { available: false, reason });
    },
    offer: (request) => {
      if (script.offerError) return Promise.reject(script.offerError);
      return Promise.resolve({
        accept: true,
        seconds: 1,
        reason: 'as told',
        commands: [],
        limits: request.limits,
        ...script.offer,
      } as Offer);
    },
    transfer: async (request, context) => {
      const step = steps[Math.min(asked.length, steps.length - 1)] as Step;
      asked.push(request);
      return play(step, request, context);
    },
    ...(script.arrived && { arrived: script.arrived }),
  });
  return Object.assign(Object.create(driver) as Driver, { ...driver, asked });
}

async function play(step: Step, request: TransferRequest, context: TransferContext): Promise<TransferReport> {
  if (typeof step === 'function') return step(request, context);
  if (typeof step === 'object' && 'fail' in step) throw new ImageError('told to fail', step.fail);
  const bytes = await readFile(request.from.path);
  if (typeof step === 'object') {
    await overwrite(request.to.path, bytes.subarray(0, bytes.length / 2));
    throw new ImageError('told to fail half way', step.half);
  }
  if (step === 'flip-a-byte') bytes[0] = (bytes[0] ?? 0) ^ 1;
  await overwrite(request.to.path, step === 'stop-short' ? bytes.subarray(0, -1) : bytes);
  context.report({ bytesLogical: bytes.length, bytesRead: bytes.length });
  if (step === 'hang') await hang(context.signal);
  return { counters: { bytesLogical: bytes.length, bytesRead: bytes.length } };
}

/** Keeps the inode, as every driver must. */
async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  if ((await file.stat()).isFile()) await file.truncate(0);
  await file.writeFile(bytes);
  await file.close();
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new ImageError('cancelled', { code: 'CANCELLED', origin: 'caller' }));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
