import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { stat } from 'node:fs/promises';
import type { LabHost } from '../lab-host.ts';

const mebibyte = 1024 * 1024;

/**
 * An ext4 at `/srv/<name>` on a disk that answers EIO to every write beyond `soundMebibytes`. Without a journal: what fails is the data,
 * not the filesystem.
 *
 * Answers what takes the disk away.
 */
export async function mountOnFailingDisk(
  host: LabHost,
  name: string,
  mebibytes: number,
  soundMebibytes: number,
): Promise<() => Promise<void>> {
  const [image, disk, mountPoint] = [`/srv/${name}.fs`, `/srv/${name}.disk`, `/srv/${name}`];
  for (const path of [image, disk]) await (await open(host.outside(path), 'wx')).close();
  await host.run(['truncate', `--size=${mebibytes}M`, image]);
  await host.run(['mkfs.ext4', '-q', '-F', '-m', '0', '-b', '4096', '-O', '^has_journal', image]);
  const rules = Array.from({ length: (mebibytes - soundMebibytes) * 4 }, (_, index) => ({
    event: 'none',
    iotype: 'write',
    errno: 5,
    sector: (soundMebibytes * mebibyte + (index * mebibyte) / 4) / 512,
  }));
  const disks = { driver: 'blkdebug', 'node-name': 'disk', image: { driver: 'file', filename: image }, 'inject-error': rules };
  const exported = `type=fuse,id=export,node-name=disk,mountpoint=${disk},writable=on`;
  const pidFile = `/srv/${name}.pid`;
  await host.run([
    ...['qemu-storage-daemon', '--daemonize', '--pidfile', pidFile],
    ...['--blockdev', JSON.stringify(disks), '--export', exported],
  ]);
  while ((await stat(host.outside(disk))).size === 0) await delay(20);
  await host.run(['mkdir', mountPoint]);
  await host.run(['mount', '-o', 'loop', disk, mountPoint]);
  return async () => {
    await host.run(['umount', mountPoint]);
    await host.run(['sh', '-c', `kill "$(cat ${pidFile})"; while [ -e ${pidFile} ]; do sleep 0.05; done`]);
    await host.run(['mount', '-o', 'loop', image, mountPoint]);
  };
}
