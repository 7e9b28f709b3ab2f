import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineDriver, ImageError } from '@image-api/driver';
import type { Driver, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { stageFiles } from '../src/index.ts';
import type { ConformanceOptions } from '../src/index.ts';
import { copyPiecewise } from './piecewise-copy.ts';
import { everything, perfect } from './perfect-driver.ts';

const { convert: _, readyEarly: __, cache: ___, ...claims } = everything;

/** What a driver on this route may do wrong. */
export interface RouteFault {
  /** Bytes come to the cache as fast as they can. */
  readonly hurries?: true;
  /** Bytes come to the cache while it is paused. */
  readonly sleepwalks?: true;
  /** What came is thrown away when the source breaks. */
  readonly forgets?: true;
  /** What is at the destination is not looked at. */
  readonly fetchesAll?: true;
}

/** A driver that fetches into a cache, and copies from there: its route, and where the suite can see the bytes come. */
export class CachedRoute {
  #folder = '';
  #broken = false;

  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'conformance-cached-'));
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  readonly stage: ConformanceOptions['stage'] = async (content, hosts) => {
    const stage = await stageFiles()(content, hosts);
    const breakSource = async (): Promise<() => Promise<void>> => {
      this.#broken = true;
      return async () => void (this.#broken = false);
    };
    return { ...stage, files: { ...stage.files, before: [this.#placeOf(stage.from.href)] }, breakSource };
  };

  driver(fault: RouteFault = {}): Driver {
    return defineDriver({
      ...perfect(claims),
      transfer: (request, context) => this.#transfer(request, context, fault),
    });
  }

  #placeOf(href: string): string {
    return join(this.#folder, createHash('sha256').update(href).digest('hex'));
  }

  async #transfer(request: TransferRequest, context: TransferContext, fault: RouteFault): Promise<TransferReport> {
    const place = this.#placeOf(request.from.href);
    const there = await stat(place).catch(() => undefined);
    if (!there) await writeFile(place, '');
    if (!there && request.held && !fault.fetchesAll) await copyFile(request.to.path, place);
    const held = there || (request.held && !fault.fetchesAll) ? { held: 'resume' as const } : {};
    const { held: _, ...fresh } = request;
    const into: TransferRequest = { ...fresh, ...held, to: { ...request.to, path: place } };
    try {
      const report = await copyPiecewise({ request: into, context: this.#inHand(context, fault), claims });
      await publish(place, request.to.path);
      return report;
    } catch (error) {
      if (fault.forgets) await rm(place);
      throw error;
    }
  }

  #inHand(context: TransferContext, { hurries, sleepwalks }: RouteFault): TransferContext {
    const checkpoint = async (bytes: number): Promise<void> => {
      if (this.#broken) throw new ImageError('the source is gone', { code: 'UNREACHABLE', origin: 'source', retryable: true });
      if (hurries) return;
      // At 4 MiB/s, whatever it is told.
      if (sleepwalks) await sleep(bytes / 4096);
      else await context.checkpoint(bytes);
    };
    return { ...context, checkpoint };
  }
}

/** As the core would have it: the file stays the one it is. */
async function publish(place: string, path: string): Promise<void> {
  const bytes = await readFile(place);
  const to = await open(path, 'r+');
  try {
    await to.truncate(0);
    for (let at = 0; at < bytes.length; at += 65_536) {
      const piece = bytes.subarray(at, at + 65_536);
      if (piece.some((byte) => byte !== 0)) await to.write(piece, 0, piece.length, at);
    }
    await to.truncate(bytes.length);
  } finally {
    await to.close();
  }
}
