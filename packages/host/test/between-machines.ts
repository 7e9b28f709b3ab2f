import { afterAll, beforeAll, describe } from 'vitest';
import { createHosts } from '../src/create-hosts.ts';
import type { Hosts } from '../src/create-hosts.ts';
import { startTwoMachines, twoMachinesMissing } from './elsewhere.ts';
import type { TwoMachines } from './elsewhere.ts';
import { sshdMissing } from './real-sshd.ts';

// Every test logs in twice more than over one ssh.
const missing = process.env['CHECK_ALL'] ? (sshdMissing ?? twoMachinesMissing) : 'takes a minute: tried by `npm run check -- --all`';

/** Tests of copies between two machines, `box` and `other`. @param knowsKeys whether the ssh of `box` knows the key of `other` */
export function describeBetweenMachines(knowsKeys: boolean, tests: (hosts: () => Hosts) => void): void {
  describe.skipIf(missing !== undefined)(`from host to host${missing === undefined ? '' : ` (${missing})`}`, () => {
    let machines: TwoMachines;
    beforeAll(async () => {
      machines = await startTwoMachines();
      await machines.configureBox({ other: machines.otherPort, knowsKeys });
    });
    afterAll(() => machines.stop());
    tests(() => createHosts({ ssh: { configFile: machines.box.configFile } }));
  });
}
