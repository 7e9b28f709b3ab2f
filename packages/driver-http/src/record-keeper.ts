import type { Extent } from '@image-api/host';
import { withExtent } from './extents.ts';
import { decodeRecord, encodeRecord, recordLength, recordPlaces } from './held-record.ts';
import type { HeldRecord } from './held-record.ts';
import type { ImageFile } from './image-file.ts';

/** What a kill or a power cut may cost at the most: this share of the image, or what comes in this time. */
const share = 1 / 40;
const leastBytes = 8 * 2 ** 20;
const leastMs = 250;

/** The record of an interrupted try; `undefined` where there is none. */
export async function readRecord(file: ImageFile, size: number): Promise<HeldRecord | undefined> {
  const found = await Promise.all(recordPlaces(size).map(async (at) => decodeRecord(await file.read(at, recordLength))));
  return found
    .filter((record) => record !== undefined && record.size === size)
    .toSorted((one, other) => (other?.sequence ?? 0) - (one?.sequence ?? 0))[0];
}

/**
 * Keeps a record of what of an image is there, behind it in the same file, where the end of the copy cuts it off. It never says of bytes
 * that they are there before they are safe on the disk; where that cannot be told, there is none, and none of an image whose end is not
 * known: there is no place behind it.
 */
export class RecordKeeper {
  readonly #file: ImageFile;
  readonly #record: Omit<HeldRecord, 'sequence' | 'held'>;
  #sequence: number;
  #held: readonly Extent[];
  #unsaved = 0;
  #savedAt = performance.now();
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;

  constructor(file: ImageFile, { identity, size, sequence, held }: HeldRecord) {
    this.#file = file;
    this.#record = { identity, size };
    this.#sequence = sequence;
    this.#held = held;
  }

  get #isKept(): boolean {
    return this.#file.canSync && !Number.isNaN(this.#record.size);
  }

  get held(): readonly Extent[] {
    return this.#held;
  }

  /** A piece that was written. */
  note(extent: Extent): void {
    this.#held = withExtent(this.#held, extent);
    this.#unsaved += extent.to - extent.from;
    if (!this.#isKept) return;
    const due = Math.min(this.#file.mostUnsynced, Math.max(leastBytes, this.#record.size * share));
    if (this.#unsaved < due || performance.now() - this.#savedAt < leastMs || this.#isSaving) return;
    // Should it fail, the next one may not, and the last one tells.
    this.#saving = this.#save().catch(() => undefined);
  }

  /** Have all that was noted recorded. */
  async save(): Promise<void> {
    await this.#saving;
    await this.#save();
  }

  /** Nothing is written any more. */
  async settled(): Promise<void> {
    await this.#saving;
  }

  async #save(): Promise<void> {
    if (!this.#isKept) return;
    this.#isSaving = true;
    this.#unsaved = 0;
    const record = { ...this.#record, sequence: this.#sequence + 1, held: this.#held };
    try {
      await this.#file.sync();
      const places = recordPlaces(record.size);
      await this.#file.writeBeside(encodeRecord(record), places[record.sequence % 2] ?? places[0]);
      this.#sequence = record.sequence;
    } finally {
      this.#isSaving = false;
      this.#savedAt = performance.now();
    }
  }
}
