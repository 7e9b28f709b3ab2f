import { mkdir, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Again, Promised } from './fault-matrix.ts';
import type { Outcome } from './fault-outcome.ts';

/** What became of one cell of the matrix in one run. */
export interface CellRecord {
  readonly fault: string;
  readonly injected: string;
  readonly way: string;
  /** Which of several tries it was. */
  readonly variant?: string;
  readonly promised: Promised;
  readonly happened: Outcome & { readonly exitStatus?: number; readonly again?: Again; readonly kept: number; readonly seconds: number };
}

/** Leave a record of a cell that kept its promise, where FAULT_RESULTS names a folder for them. */
export async function recordCell(record: CellRecord): Promise<void> {
  const folder = process.env['FAULT_RESULTS'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${randomUUID()}.json`), `${JSON.stringify(record)}\n`);
}
