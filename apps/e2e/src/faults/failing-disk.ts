import type { LabHost } from '../lab-host.ts';
import { mountDaemonDisk } from './storage-daemon.ts';

const mebibyte = 1024 * 1024;

/**
 * An ext4 at `/srv/<name>` on a disk that answers EIO to every write beyond `soundMebibytes`. Without a journal: what fails is the data,
 * not the filesystem.
 *
 * Answers what puts a sound disk with the same content in its place.
 */
export async function mountOnFailingDisk(
  host: LabHost,
  name: string,
  mebibytes: number,
  soundMebibytes: number,
): Promise<() => Promise<void>> {
  const image = `/srv/${name}.fs`;
  await host.run(['truncate', `--size=${mebibytes}M`, image]);
  await host.run(['mkfs.ext4', '-q', '-F', '-m', '0', '-b', '4096', '-O', '^has_journal', image]);
  const rules = Array.from({ length: (mebibytes - soundMebibytes) * 4 }, (_, index) => ({
    event: 'none',
    iotype: 'write',
    errno: 5,
    sector: (soundMebibytes * mebibyte + (index * mebibyte) / 4) / 512,
  }));
  const file = { driver: 'file', filename: host.outside(image) };
  const { stop } = await mountDaemonDisk(host, name, { driver: 'blkdebug', image: file, 'inject-error': rules });
  return async () => {
    await stop();
    await host.run(['mount', '-o', 'loop', image, `/srv/${name}`]);
  };
}
