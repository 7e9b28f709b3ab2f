import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { sendScript } from './send-script.ts';

let directory = '';
afterEach(() => rm(directory, { recursive: true, force: true }));

async function send(list: string): Promise<{ readonly status: number | null; readonly records: Buffer }> {
  directory = await mkdtemp(join(tmpdir(), 'driver-ssh-send-'));
  const path = join(directory, 'from.raw');
  await writeFile(path, 'an image');
  const { status, stdout } = spawnSync('perl', ['-e', sendScript, '--', path, '8', 'given'], { input: list });
  return { status, records: stdout };
}

/** Offset and length before the bytes; the last record has a length of its own, and how many bytes were read. */
const piece = Buffer.concat([Buffer.from('000000000000000300000005', 'hex'), Buffer.from('image')]);
const closing = Buffer.from('0000000000000008ffffffff0000000000000005', 'hex');

it('sends the pieces of a list, and closes the stream', async () => {
  expect(await send('3 8 1\nend\n')).toEqual({ status: 0, records: Buffer.concat([piece, closing]) });
});

it.each(['3 8 1\n', ''])('does not close the stream of a list that was cut: %j', async (list) => {
  const { status, records } = await send(list);
  expect(status).toBe(3);
  expect(records.includes(closing.subarray(0, 12))).toBe(false);
});
