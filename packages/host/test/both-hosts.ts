import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { TestContext } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts } from '../src/index.ts';
import type { Hosts } from '../src/index.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

export interface BothHosts {
  /** Skips the test where no sshd can be had. */
  host(kind: Host['kind'], context: TestContext): Host;
  /** A path in a directory of the test's own, which both see; removed after it. */
  at(name: string): string;
  readonly sshd: RealSshd;
}

/** This machine, and itself reached over a real ssh, for all tests of a file. */
export function useBothHosts(): BothHosts {
  let sshd: RealSshd | undefined;
  let hosts: Hosts;
  let directory: string;
  beforeAll(async () => {
    if (sshdMissing === undefined) sshd = await startSshd();
    hosts = createHosts({ ssh: { configFile: sshd?.configFile } });
  });
  afterAll(async () => {
    await hosts.close();
    await sshd?.stop();
  });
  beforeEach(async () => {
    directory = await fs.mkdtemp(join(await fs.realpath(tmpdir()), 'image-api-host-'));
  });
  afterEach(() => fs.rm(directory, { recursive: true }));
  return {
    host: (kind, context) => {
      if (kind === 'local') return hosts.local;
      if (sshdMissing !== undefined) context.skip(sshdMissing);
      return hosts.ssh({ host: sshd?.alias ?? '' });
    },
    at: (name) => join(directory, name),
    get sshd() {
      if (!sshd) throw new Error('there is no sshd');
      return sshd;
    },
  };
}
