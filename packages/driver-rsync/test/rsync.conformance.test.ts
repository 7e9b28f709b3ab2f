import { afterAll, beforeAll, describe } from 'vitest';
import { describeDriver, stageFiles } from '@image-api/conformance';
import { createHosts } from '@image-api/host';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import type { RealSshd } from '../../host/test/real-sshd.ts';
import { rsync } from '../src/index.ts';

describeDriver('rsync within this machine', { create: () => rsync(), stage: stageFiles() });

describe.skipIf(sshdMissing !== undefined)(`over ssh${sshdMissing === undefined ? '' : ` (${sshdMissing})`}`, () => {
  let sshd: RealSshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  const box = { host: 'box' };
  const hosts = (): ReturnType<typeof createHosts> => createHosts({ ssh: { configFile: sshd.configFile } });
  describeDriver('rsync to a host', { create: () => rsync(), hosts, stage: stageFiles({ to: box }) });
  describeDriver('rsync from a host', { create: () => rsync(), hosts, stage: stageFiles({ from: box }) });
});
