import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { scp } from '../src/index.ts';
import { ask, failureOf, staging, transfer } from './copying.ts';
import type { End } from './copying.ts';
import { SshServers, whyNoSshd } from './sshd.ts';

const mib = 2 ** 20;
const reason = whyNoSshd ?? whyNoMount();
let directory = '';
let mountPoint = '';
let servers: SshServers;
let hosts: Hosts;

beforeEach(async () => {
  if (reason !== undefined) return;
  directory = await mkdtemp(join(tmpdir(), 'driver-scp-faults-'));
  mountPoint = join(directory, 'small');
  await mkdir(mountPoint);
  const disk = join(directory, 'small.img');
  await writeFile(disk, '');
  await truncate(disk, 20 * mib);
  run('mkfs.ext4', '-q', '-F', disk);
  run('mount', '-o', 'loop', disk, mountPoint);
  await writeFile(join(directory, 'from.raw'), Buffer.alloc(40 * mib, 'noise'));
  servers = await SshServers.make();
  await servers.start('a', 'internal-sftp');
  await servers.start('b', 'internal-sftp');
  hosts = createHosts({ ssh: { configFile: servers.configFile } });
}, 30_000);
afterEach(async () => {
  if (reason !== undefined) return;
  await hosts.close();
  await servers.stop();
  run('umount', mountPoint);
  await rm(directory, { recursive: true, force: true });
});

function whyNoMount(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount';
  try {
    run('losetup', '--find');
    return undefined;
  } catch (error) {
    return `no loop devices: ${String(error)}`;
  }
}

function run(tool: string, ...args: readonly string[]): void {
  execFileSync(tool, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Copy the image to the small filesystem, and answer how that failed. */
async function failureTo(
  kind: 'upload' | 'download' | 'relay',
  prepare?: () => void,
): Promise<{ code: string; untouched: boolean; message: string }> {
  const to = await staging(join(mountPoint, 'to.part'));
  const from: End = { path: join(directory, 'from.raw'), ...(kind !== 'upload' && { host: 'a' }) };
  const limits = kind === 'relay' ? { bandwidth: 1e9 } : {};
  const asked = await ask(hosts, from, { path: to, ...(kind !== 'download' && { host: 'b' }) }, { limits });
  prepare?.();
  return failureOf(transfer(scp(), asked));
}

describe.skipIf(reason !== undefined)(
  `scp to a filesystem of its own${reason === undefined ? '' : ` (${reason})`}`,
  { timeout: 60_000 },
  () => {
    it.each(['upload', 'download', 'relay'] as const)(
      'finds out that there is no room, though sftp has no word for it: %s',
      async (kind) => {
        const error = await failureTo(kind);
        expect(error).toMatchObject({ code: 'NO_SPACE', origin: 'destination', untouched: false });
        expect(error.message).toContain(`${40 * mib} bytes`);
      },
    );

    it.each(['upload', 'download', 'relay'] as const)(
      'finds out that it turned read-only, and that nothing was written: %s',
      async (kind) => {
        const error = await failureTo(kind, () => run('mount', '-o', 'remount,ro', mountPoint));
        expect(error).toMatchObject({ code: 'DESTINATION_UNWRITABLE', origin: 'destination', untouched: true });
        expect(statSync(join(mountPoint, 'to.part')).size).toBe(0);
      },
    );
  },
);
