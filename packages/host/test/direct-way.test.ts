import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { findDirectWay, isSameMachine, resolvedSsh } from '../src/direct-way.ts';
import { startTwoMachines, twoMachinesMissing } from './elsewhere.ts';
import type { TwoMachines } from './elsewhere.ts';
import { sshdMissing } from './real-sshd.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 20_000 });

const { signal } = new AbortController();

describe.skipIf(sshdMissing !== undefined || twoMachinesMissing !== undefined)('the direct way between two hosts', () => {
  let machines: TwoMachines;
  let box: Host;
  let other: Host;
  beforeAll(async () => {
    machines = await startTwoMachines();
    box = machines.hosts.ssh({ host: machines.box.alias });
    other = machines.hosts.ssh({ host: 'other' });
  });
  afterAll(() => machines.stop());

  it('is by the name the user gave, where that leads to the same machine', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
    expect(await findDirectWay(box, other, signal)).toMatchObject({ direct: true, ssh: { program: 'ssh', host: 'other' } });
  });

  it('is by the address, where the name does not lead anywhere', async () => {
    // The discard port of the loopback interface, where nobody listens.
    await machines.configureBox({ other: 9, knowsKeys: true });
    expect(await findDirectWay(box, other, signal)).toMatchObject({
      direct: true,
      ssh: { host: '127.0.0.1', port: machines.otherPort, user: machines.box.user },
    });
  });

  it('is never to another machine that has the same name over there', async () => {
    await machines.configureBox({ other: machines.box.port, knowsKeys: true });
    expect(await findDirectWay(box, other, signal)).toMatchObject({ direct: true, ssh: { host: '127.0.0.1', port: machines.otherPort } });
  });

  it('is none where the host key is not known over there', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: false });
    expect(await findDirectWay(box, other, signal)).toEqual({
      direct: false,
      reason: 'box cannot reach other directly: Host key verification failed.',
    });
  });

  it('is none to this machine, which has no address', async () => {
    expect(await findDirectWay(box, machines.hosts.local, signal)).toMatchObject({ direct: false });
  });

  it('is not needed within one machine', async () => {
    const again = machines.hosts.ssh({ host: machines.box.alias, user: machines.box.user });
    expect(await isSameMachine(box, again, signal)).toBe(true);
    expect(await isSameMachine(box, other, signal)).toBe(false);
  });
});

describe('resolvedSsh', () => {
  it('reads host, user and port', () => {
    expect(resolvedSsh('user root\nhostname ::1\nport 2222\n')).toMatchObject({ host: '::1', user: 'root', port: 2222 });
  });
  it('is nothing where a host could be an option', () => {
    expect(resolvedSsh('hostname -oProxyCommand=x\n')).toBeUndefined();
  });
});
