import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fateOfMarked, ifThere, processMark } from '@image-api/host';
import { inCache } from './in-cache.ts';

/** Do something while everybody can see that an entry is in use. A lease ends with its process, however that ends. */
export async function withLease<T>(leases: string, work: () => Promise<T>): Promise<T> {
  const path = join(leases, `${processMark()}${randomBytes(3).toString('hex')}`);
  await inCache('write into', leases, async () => {
    await mkdir(leases, { recursive: true, mode: 0o700 });
    await writeFile(path, '', { mode: 0o600 });
  });
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** Whether anybody is using an entry. Of a process that cannot be seen from here, such as one of another container, it is believed. */
export async function isLeased(leases: string): Promise<boolean> {
  const names = (await ifThere(() => readdir(leases))) ?? [];
  const gone = names.filter((name) => fateOfMarked(name) === 'gone');
  await Promise.all(gone.map((name) => rm(join(leases, name), { force: true })));
  return names.length > gone.length;
}
