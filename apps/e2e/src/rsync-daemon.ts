import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabHost } from './lab-host.ts';

/** An rsync daemon on a host, on the port of its kind, with one module over one directory. It lives as long as the lab. */
export async function startRsyncDaemon(host: LabHost, module: string, directory: string): Promise<void> {
  await mkdir(host.outside(directory), { recursive: true });
  const config = [
    'uid = 0',
    'gid = 0',
    'use chroot = no',
    'reverse lookup = no',
    `[${module}]`,
    `path = ${directory}`,
    'read only = no',
    '',
  ];
  await writeFile(host.outside('/etc/ssh/rsyncd.conf'), config.join('\n'));
  await host.run(['rsync', '--daemon', '--config=/etc/ssh/rsyncd.conf']);
  for (let round = 0; round < 500; round += 1) {
    const sockets = await readFile(`/proc/${host.pid}/net/tcp`, 'utf8');
    if (/:0369 00000000:0000 0A/.test(sockets)) return;
    await delay(10);
  }
  throw new Error(`the rsync daemon on ${host.name} does not listen`);
}
