import type { Extent } from '@image-api/host';
import { NbdClient } from '../modes/nbd/nbd-client.ts';
import type { StatusStretch } from '../modes/nbd/nbd-wire.ts';
import type { OverlayParts } from './fetch-count.ts';

/** While the daemon answers, it does nothing else: a millisecond or two, that nobody notices. */
const longestQuestion = 2 ** 28;
const depthContext = 'qemu:allocation-depth';

/** The dirty bitmap of what was written to a disk that is served. */
export const writtenBitmap = 'written';

/** Asks the server of a disk what is in its overlay. The connection stays, so that whoever counts who is attached knows of it. */
export class OverlayMap {
  readonly #client: NbdClient;
  readonly #writtenContext: string | undefined;

  private constructor(client: NbdClient, writtenContext: string | undefined) {
    this.#client = client;
    this.#writtenContext = writtenContext;
  }

  /** @param writable whether the disk has the bitmap */
  static async open(socketPath: string, exportName: string, writable: boolean): Promise<OverlayMap> {
    const written = writable ? `qemu:dirty-bitmap:${writtenBitmap}` : undefined;
    const contexts = [depthContext, ...(written === undefined ? [] : [written])];
    return new OverlayMap(await NbdClient.open(socketPath, exportName, new AbortController().signal, contexts), written);
  }

  get isOpen(): boolean {
    return this.#client.isOpen;
  }

  /** What is there from a place on. */
  async read(from: number): Promise<OverlayParts> {
    const [there, written]: [Extent[], Extent[]] = [[], []];
    for (let at = from; at < this.#client.size;) {
      const told = await this.#client.statuses(at, Math.min(longestQuestion, this.#client.size - at));
      const depths = told.get(depthContext) ?? [];
      const writes = this.#writtenContext === undefined ? undefined : (told.get(this.#writtenContext) ?? []);
      const length = Math.min(...[depths, ...(writes ? [writes] : [])].map(lengthTold), this.#client.size - at);
      if (length === 0) throw new Error('the daemon does not tell what is in an overlay');
      // 1 is the overlay itself.
      there.push(...extentsOf(depths, at, at + length, (flags) => flags === 1));
      if (writes) written.push(...extentsOf(writes, at, at + length, (flags) => (flags & 1) !== 0));
      at += length;
    }
    return { there, written };
  }

  close(): void {
    this.#client.close();
  }
}

function lengthTold(stretches: readonly StatusStretch[]): number {
  return stretches.reduce((sum, { length }) => sum + length, 0);
}

function extentsOf(stretches: readonly StatusStretch[], from: number, end: number, isOne: (flags: number) => boolean): Extent[] {
  const extents: Extent[] = [];
  let at = from;
  for (const { length, flags } of stretches) {
    const to = Math.min(end, at + length);
    if (isOne(flags) && at < to) extents.push({ from: at, to });
    at = to;
  }
  return extents;
}
