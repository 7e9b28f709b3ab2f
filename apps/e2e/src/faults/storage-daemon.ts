import { open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabHost } from '../lab-host.ts';

/**
 * A disk made by qemu-storage-daemon, as a file `/srv/<name>.disk` of the host.
 *
 * @param disk what `--blockdev` takes; its node is named `disk`
 * @returns what ends it
 */
export async function startDisk(host: LabHost, name: string, disk: Readonly<Record<string, unknown>>): Promise<() => Promise<void>> {
  const [file, pidFile] = [`/srv/${name}.disk`, `/srv/${name}.pid`];
  await (await open(host.outside(file), 'wx')).close();
  const exported = `type=fuse,id=export,node-name=disk,mountpoint=${file},writable=on`;
  await host.run([
    ...['qemu-storage-daemon', '--daemonize', '--pidfile', pidFile],
    ...['--blockdev', JSON.stringify({ ...disk, 'node-name': 'disk' }), '--export', exported],
  ]);
  while ((await stat(host.outside(file))).size === 0) await delay(20);
  return async () => {
    await host.run(['sh', '-c', `kill "$(cat ${pidFile})"; while [ -e ${pidFile} ]; do sleep 0.05; done`]);
  };
}
