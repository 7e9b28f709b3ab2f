import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { openReadyImage } from '@image-api/conformance';
import { describe, expect, it } from 'vitest';
import { letGoOfServedImage, listServedImages } from '../src/index.ts';
import type { ServedImage } from '../src/index.ts';
import { copying, kill, mib } from './copying.ts';

const missing = spawnSync('qemu-storage-daemon', ['--version']).status === 0 ? undefined : 'qemu-storage-daemon is not installed';

/** Other copies of this user may be served on, too. */
async function served(id: string): Promise<ServedImage | undefined> {
  return (await listServedImages()).find((image) => image.id === id);
}

describe.skipIf(missing !== undefined)(`images that are served on${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('are listed once their copy is over, with their address and who is attached', async () => {
    const id = randomUUID();
    await using copy = await copying({ wish: { id, limits: { bandwidth: 4 * mib } } });
    const running = copy.begin();
    const { uri } = await running.ready;
    const client = await openReadyImage(uri);
    expect(await served(id), 'while it is copied').toBeUndefined();
    await running.setLimits({});
    await running.done;
    const { from, name } = copy.request;
    expect(await served(id)).toEqual({ id, from: from.href, to: name.href, uri, writable: true, attached: 1, complete: true });
    await client.close();
  });

  it('are listed with nobody where nobody came', async () => {
    const id = randomUUID();
    await using copy = await copying({ wish: { id } });
    await copy.begin().done;
    expect(await served(id)).toMatchObject({ attached: 0, complete: true });
  });

  it('are let go of when nobody is attached, and not before', async () => {
    const id = randomUUID();
    await using copy = await copying({ wish: { id } });
    const running = copy.begin();
    const client = await openReadyImage((await running.ready).uri);
    await running.done;
    await expect(letGoOfServedImage(id)).rejects.toMatchObject({
      code: 'DESTINATION_BUSY',
      message: expect.stringContaining('one client is attached') as string,
    });
    expect((await client.read(mib, mib)).equals(await copy.sourceBytes(mib, mib))).toBe(true);
    await client.close();
    await expect.poll(async () => (await served(id))?.attached, { timeout: 1500 }).toBe(0);
    expect(await letGoOfServedImage(id)).toMatchObject({ id, complete: true });
    expect(await letGoOfServedImage(id)).toBeUndefined();
    expect([copy.processes('all'), await copy.left()]).toEqual([[], []]);
  });

  it('are told to be incomplete when their copy was interrupted', async () => {
    const id = randomUUID();
    await using copy = await copying({ mebibytes: 16, wish: { id, limits: { bandwidth: 2 * mib } } });
    const client = await openReadyImage((await copy.begin().ready).uri);
    await copy.hangUp();
    await expect.poll(() => served(id), { timeout: 2000 }).toMatchObject({ attached: 1, complete: false });
    await client.close();
  });

  it('are not listed when their keeper was killed', async () => {
    const id = randomUUID();
    await using copy = await copying({ wish: { id } });
    const running = copy.begin();
    const client = await openReadyImage((await running.ready).uri);
    await running.done;
    expect(await served(id)).toBeDefined();
    for (const pid of copy.processes('keeper')) kill(pid, 'SIGKILL');
    expect(await served(id)).toBeUndefined();
    // Its connection went with the keeper.
    await client.close().catch(() => undefined);
  });
});
