import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LabHost } from '../lab-host.ts';

/** A filesystem on a disk made by qemu-storage-daemon. */
export interface DaemonDisk {
  /** Unmounts the filesystem and ends the disk. */
  stop(): Promise<void>;
}

/**
 * Mount a disk at `/srv/<name>` of a host; the disk has a filesystem already.
 *
 * The daemon dies with the host, but has mounts of its own: one that is the last to let go of a filesystem it serves itself would
 * wait for itself for ever. The loop device lets go of itself when the filesystem is unmounted.
 *
 * @param disk what `--blockdev` takes; files are named as this process sees them. Its node is named `disk`
 */
export async function mountDaemonDisk(host: LabHost, name: string, disk: Readonly<Record<string, unknown>>): Promise<DaemonDisk> {
  const mountPoint = `/srv/${name}`;
  const { stdout } = await promisify(execFile)(
    'nsenter',
    [`--target=${host.pid}`, '--pid', '--', 'unshare', '--mount', '--propagation=private', 'sh', '-c', script],
    {
      env: {
        PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
        DISK: JSON.stringify({ ...disk, 'node-name': 'disk' }),
      },
    },
  );
  const [loop = '', pid = ''] = stdout.trim().split(' ');
  await host.run(['mkdir', mountPoint]);
  await host.run(['mount', loop, mountPoint]);
  await host.run(['losetup', '--detach', loop]);
  return {
    stop: async () => {
      // Who was killed may have been in the middle of a write.
      await host.run(['sh', '-c', `for i in $(seq 100); do umount ${mountPoint} && exit; sleep 0.05; done; exit 1`]);
      await host.run(['sh', '-c', `kill ${pid}; while [ -e /proc/${pid}/exe ]; do sleep 0.05; done`]);
    },
  };
}

const script = String.raw`
set -eu
mount -t tmpfs disks /mnt
: >/mnt/disk
qemu-storage-daemon --daemonize --pidfile /mnt/pid --blockdev "$DISK" \
  --export type=fuse,id=export,node-name=disk,mountpoint=/mnt/disk,writable=on >&2
while [ ! -s /mnt/disk ]; do sleep 0.02; done
echo "$(losetup --find --show /mnt/disk) $(cat /mnt/pid)"
`;
