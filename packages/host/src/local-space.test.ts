import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { createHosts } from './create-hosts.ts';
import { filesystemIn, localSpace } from './local-space.ts';
import { spaceWith } from './space-with.ts';

const mounts = [
  '22 27 0:21 / /proc rw,nosuid - proc proc rw',
  '27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard',
  '31 27 259:70000 / /srv\\040x rw shared:2 master:1 - ext2 /dev/nvme0n1p1 rw',
  '',
].join('\n');

it.each([
  [0x801n, 'ext4'],
  [(259n << 8n) | (70000n & 0xffn) | ((70000n & 0xffffff00n) << 12n), 'ext2'],
  [0x802n, undefined],
])('finds the kind of filesystem on device %s', (device, kind) => {
  expect(filesystemIn(mounts, device)).toBe(kind);
});

it.each(['/', tmpdir(), '/dev/shm'])('answers for %s as df does', async (directory) => {
  const { local } = createHosts();
  const byDf = await spaceWith(local.run, 'local')(directory);
  const answer = await localSpace(() => Promise.reject(new Error('df is asked')))(directory).catch(() => byDf);
  expect(answer.filesystem).toBe(byDf.filesystem);
  // Others write meanwhile.
  expect(Math.abs(answer.free - byDf.free)).toBeLessThan(byDf.free / 10 + 2 ** 30);
});

it('leaves what is not there to be told by df', async () => {
  const { local } = createHosts();
  await expect(local.space('/nowhere/at/all')).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE' });
});

it('asks df about filesystems that count in sizes of their own', async () => {
  const told = { free: 1, filesystem: 'proc' };
  expect(await localSpace(() => Promise.resolve(told))('/proc')).toBe(told);
});
