import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '@image-api/driver';

const name = 'machine';

/**
 * Why the QEMU of a machine cannot connect to a socket of ours; `undefined` when it can. Its monitor's socket tells whose it is.
 */
export async function whyUnreachable({ href, path }: Endpoint): Promise<string | undefined> {
  const owner = await ownerOf(path);
  const ours = process.getuid?.() ?? 0;
  if (owner === undefined || owner === 0 || owner === ours || ours === 0) return undefined;
  return `${href} runs as user ${owner}, who cannot write to a private socket of user ${ours}: copy as that user, or as root`;
}

/**
 * Have a socket where the QEMU of a machine can connect to it, and besides us nobody else.
 *
 * @param scratch a private directory of ours, which is enough where the machine is ours
 * @param work called with the path, and what is to be called when the socket is there
 */
export async function withReachableSocket<T>(
  { path }: Endpoint,
  scratch: string,
  work: (path: string, allow: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const owner = (await ownerOf(path)) ?? 0;
  if (owner === 0 || owner === process.getuid?.()) return work(join(scratch, name), () => Promise.resolve());
  const directory = await mkdtemp(join(tmpdir(), 'image-api-'));
  try {
    await chown(directory, owner, -1);
    const socket = join(directory, name);
    return await work(socket, () => chown(socket, owner, -1));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function ownerOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ uid }) => uid,
    () => undefined,
  );
}
