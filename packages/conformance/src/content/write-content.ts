import { open } from 'node:fs/promises';
import type { Content } from './content.ts';

/** Make a new file of it, with its holes. */
export async function writeContent({ size, pieces }: Content, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(size);
    for (const { at, bytes } of pieces) await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
  }
}
