import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferRequest } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { scp } from '../src/index.ts';
import { acceptedBy, ask, staging, transfer } from './copying.ts';
import type { Asked } from './copying.ts';
import { SshServers, whyNoSshd } from './sshd.ts';

let directory = '';
let servers: SshServers;
let hosts: Hosts;

beforeAll(async () => {
  if (whyNoSshd !== undefined) return;
  directory = await mkdtemp(join(tmpdir(), 'driver-scp-direct-'));
  servers = await SshServers.make();
  // A machine whose own ssh knows the way to b: what an administrator would put into its ~/.ssh.
  const tools = join(directory, 'tools');
  await mkdir(tools);
  for (const tool of ['ssh', 'scp']) {
    await writeFile(join(tools, tool), `#!/bin/sh\nexec /usr/bin/${tool} -F '${servers.configFile}' "$@"\n`);
    await chmod(join(tools, tool), 0o755);
  }
  await servers.start('a', 'internal-sftp', [`SetEnv PATH=${tools}:${process.env['PATH']}`]);
  await servers.start('b', 'internal-sftp');
  hosts = createHosts({ ssh: { configFile: servers.configFile } });
}, 30_000);
afterAll(async () => {
  await hosts?.close();
  await servers?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Both servers are this machine; a limit keeps that from being noticed, and is held on the way. */
async function askBetween(name: string, more: Partial<TransferRequest> = {}): Promise<Asked> {
  await writeFile(join(directory, `${name}.raw`), Buffer.alloc(2 ** 23, name));
  const to = await staging(join(directory, `${name}.part`));
  return ask(
    hosts,
    { host: 'a', path: join(directory, `${name}.raw`) },
    { host: 'b', path: to },
    { limits: { bandwidth: 2 ** 22 }, ...more },
  );
}

describe.skipIf(whyNoSshd !== undefined)(
  `scp between hosts${whyNoSshd === undefined ? '' : ` (${whyNoSshd})`}`,
  { timeout: 60_000 },
  () => {
    it('goes straight from one to the other where the first can reach the second', async () => {
      const asked = await askBetween('straight [1] 100%');
      const { notes, commands, limits } = await acceptedBy(scp(), asked);
      expect(notes?.slice(0, 2)).toEqual(['straight from a to b', 'can neither be paused nor have its limit changed while it runs']);
      expect(commands).toEqual([{ host: 'a', tool: 'scp', args: expect.arrayContaining(['--', asked.request.from.path]) }]);
      expect(commands[0]?.args).not.toContain('-3');
      expect(limits).toEqual({ bandwidth: 2 ** 22 });
      const start = performance.now();
      const { counters } = await transfer(scp(), asked);
      expect(performance.now() - start).toBeGreaterThan(1500);
      expect(counters.bytesLogical).toBe(2 ** 23);
      expect(readFileSync(asked.request.to.path).equals(readFileSync(asked.request.from.path))).toBe(true);
    });

    it.each([
      ['only so it can be paused', { needs: ['pause'] }],
      ['only so its limit can be changed while it runs', { needs: ['liveLimits'] }],
      ['scp itself cannot hold a limit below 128 bytes a second', { limits: { bandwidth: 127 } }],
    ] as const)('comes by here all the same: %s', async (reason, more) => {
      const { notes, commands, limits } = await acceptedBy(scp(), await askBetween(reason, more));
      expect(notes?.slice(0, 2)).toEqual(['relayed through this machine, not stored here', reason]);
      expect(commands[0]?.args).toContain('-3');
      expect(limits).toEqual('limits' in more ? more.limits : { bandwidth: 2 ** 22 });
    });
  },
);
