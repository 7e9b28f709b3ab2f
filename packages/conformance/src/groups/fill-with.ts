import { open } from 'node:fs/promises';
import type { StagedCopy } from '../harness/staged-copy.ts';

/** Let the staging file hold these bytes, as if they had been there before; it stays the file it is. */
export async function fillWith({ stage }: StagedCopy, bytes: Uint8Array): Promise<void> {
  const file = await open(stage.files.to, 'a');
  try {
    await file.truncate(0);
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}
