import type { LabHost } from '../lab-host.ts';
import { mountDaemonDisk } from './storage-daemon.ts';
import { readWriteLog, replay } from './write-log.ts';
import type { LoggedWrite } from './write-log.ts';

/** A disk of which every write is known. */
export interface LoggedDisk {
  readonly mountPoint: string;
  /** All writes so far. */
  writes(): Promise<readonly LoggedWrite[]>;
  /**
   * What a file of the filesystem would be if the power had failed after so many writes: its digest, or words on why there is none.
   * To be asked with growing numbers.
   */
  after(writes: readonly LoggedWrite[], count: number, file: string): Promise<string>;
  stop(): Promise<void>;
  /**
   * Once it is stopped: mount in its place what it would be if the power had failed after so many writes. To be asked with growing numbers,
   * and not after `after`.
   */
  revive(writes: readonly LoggedWrite[], count: number): Promise<void>;
}

/** An ext4 of 64 MiB at `/srv/<name>`. */
export async function mountOnLoggedDisk(host: LabHost, name: string): Promise<LoggedDisk> {
  const [image, log, again] = [`/srv/${name}.fs`, `/srv/${name}.log`, `/srv/${name}.again`];
  const [mountPoint, tried] = [`/srv/${name}`, `/srv/${name}.tried`];
  await host.run(['truncate', '--size=64M', image, log]);
  await host.run(['mkfs.ext4', '-q', '-F', '-m', '0', image]);
  await host.run(['cp', '--sparse=always', image, again]);
  const [file, logged] = [image, log].map((path) => ({ driver: 'file', filename: host.outside(path) }));
  const { stop } = await mountDaemonDisk(host, name, { driver: 'blklogwrites', file, log: logged });
  await host.run(['mkdir', tried]);
  let put = 0;
  const putUpTo = async (writes: readonly LoggedWrite[], count: number): Promise<void> => {
    await replay(host.outside(again), writes.slice(put, count));
    put = count;
  };
  return {
    mountPoint,
    writes: () => readWriteLog(host.outside(log)),
    after: async (writes, count, path) => {
      await putUpTo(writes, count);
      // Mounting changes it: the journal is played.
      const words = `cp --sparse=always ${again} ${again}.copy && mount -o loop ${again}.copy ${tried}
        sha256sum ${tried}/${path} 2>&1; umount ${tried}`;
      const { stdout } = await host.run(['sh', '-c', words]);
      return /^[0-9a-f]{64}(?= )/.exec(String(stdout))?.[0] ?? String(stdout);
    },
    stop,
    revive: async (writes, count) => {
      await putUpTo(writes, count);
      const words = `if mountpoint -q ${mountPoint}; then umount ${mountPoint}; fi
        cp --sparse=always ${again} ${again}.copy && mount -o loop ${again}.copy ${mountPoint}`;
      await host.run(['sh', '-c', words]);
    },
  };
}
