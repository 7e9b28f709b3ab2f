import { afterAll, beforeAll, describe } from 'vitest';
import { describeDriver, stageFiles } from '@image-api/conformance';
import { createHosts } from '@image-api/host';
import { startTwoMachines, twoMachinesMissing } from '../../host/test/elsewhere.ts';
import type { TwoMachines } from '../../host/test/elsewhere.ts';
import { sshdMissing } from '../../host/test/real-sshd.ts';
import { ssh } from '../src/index.ts';

// Every test logs in twice more than over one ssh.
const missing = process.env['CHECK_ALL'] ? (sshdMissing ?? twoMachinesMissing) : 'takes a minute: tried by `npm run check -- --all`';

describe.skipIf(missing !== undefined)(`from host to host${missing === undefined ? '' : ` (${missing})`}`, () => {
  let machines: TwoMachines;
  beforeAll(async () => {
    machines = await startTwoMachines();
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
  });
  afterAll(() => machines.stop());

  describeDriver('ssh straight from host to host', {
    create: () => ssh(),
    hosts: () => createHosts({ ssh: { configFile: machines.box.configFile } }),
    stage: stageFiles({ from: { host: 'box' }, to: { host: 'other' } }),
    knownFailures: {
      'errors: tells a disk that is full': 'the small disk is mounted on one of the two machines only',
    },
  });
});
