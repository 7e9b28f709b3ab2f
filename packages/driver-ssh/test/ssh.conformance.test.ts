import { afterAll, beforeAll, describe } from 'vitest';
import { describeDriver, stageFiles } from '@image-api/conformance';
import { createHosts } from '@image-api/host';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import type { RealSshd } from '../../host/test/real-sshd.ts';
import { ssh } from '../src/index.ts';

describe.skipIf(sshdMissing !== undefined)(`over ssh${sshdMissing === undefined ? '' : ` (${sshdMissing})`}`, () => {
  let sshd: RealSshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  const box = { host: 'box' };
  const hosts = (): ReturnType<typeof createHosts> => createHosts({ ssh: { configFile: sshd.configFile } });
  describeDriver('ssh to a host', { create: () => ssh(), hosts, stage: stageFiles({ to: box }) });
  describeDriver('ssh from a host', { create: () => ssh(), hosts, stage: stageFiles({ from: box }) });
});
