import { afterAll, beforeAll, describe } from 'vitest';
import { describeDriver } from '@image-api/conformance';
import { createHosts } from '@image-api/host';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import type { RealSshd } from '../../host/test/real-sshd.ts';
import { http } from '../src/index.ts';
import { startFileServer } from './file-server.ts';
import type { FileServer } from './file-server.ts';
import { stageWeb } from './stage-web.ts';

describe.skipIf(sshdMissing !== undefined)(`to a host${sshdMissing === undefined ? '' : ` (${sshdMissing})`}`, () => {
  let server: FileServer;
  let sshd: RealSshd;
  beforeAll(async () => {
    server = await startFileServer();
    sshd = await startSshd();
  });
  afterAll(async () => {
    await server.close();
    await sshd.stop();
  });

  const hosts = (): ReturnType<typeof createHosts> => createHosts({ ssh: { configFile: sshd.configFile } });
  describeDriver('http to a host', { create: () => http(), hosts, stage: stageWeb(() => server, { host: 'box' }) });
});
