import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts } from '../src/create-hosts.ts';
import type { Hosts } from '../src/create-hosts.ts';
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
  let hosts: Hosts;
  beforeAll(async () => {
    machines = await startTwoMachines();
  });
  afterAll(() => machines.stop());
  // What two hosts were found to be to each other is remembered.
  beforeEach(() => {
    hosts = createHosts({ ssh: { configFile: machines.box.configFile } });
    box = hosts.ssh({ host: machines.box.alias });
    other = hosts.ssh({ host: 'other' });
  });
  afterEach(() => hosts.close());

  it('is by the name the user gave, where that leads to the same machine', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
    expect(await findDirectWay(box, other, signal)).toMatchObject({ direct: true, ssh: { program: 'ssh', host: 'other' } });
  });

  it('asks for AES-GCM first, as our own connections do, if the host that sends can do it well', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
    const way = await findDirectWay(box, other, signal);
    const isSwift = /^(flags|Features)\s*:.*\baes\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
    expect(way.direct && way.ssh.options.some((option) => option.startsWith('Ciphers=aes128-gcm@openssh.com,'))).toBe(isSwift);
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

  it('tells first why it is none under the name the user gave', async () => {
    await machines.configureBox({ other: 9, knowsKeys: false });
    expect(await findDirectWay(box, other, signal)).toEqual({
      direct: false,
      reason: expect.stringMatching(
        /^box cannot reach other directly: ssh: connect to host .* port 9: .*; nor at 127\.0\.0\.1: Host key verification failed\.$/,
      ),
    });
  });

  it.each([true, false])('is looked for once a minute, whether there is one or not: %s', async (knowsKeys) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    await machines.configureBox({ other: machines.otherPort, knowsKeys });
    const first = await findDirectWay(box, other, signal);
    expect(first.direct).toBe(knowsKeys);
    await machines.configureBox({ other: machines.otherPort, knowsKeys: !knowsKeys });
    vi.advanceTimersByTime(59_000);
    expect(await findDirectWay(box, other, signal)).toBe(first);
    vi.advanceTimersByTime(1001);
    expect((await findDirectWay(box, other, signal)).direct).toBe(!knowsKeys);
  });

  it('is looked for once by all who ask at the same time, and again by who still wants to know when one of them was cancelled', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
    const cancel = new AbortController();
    const cancelled = findDirectWay(box, other, cancel.signal);
    const [one, two] = [findDirectWay(box, other, signal), findDirectWay(box, other, signal)];
    cancel.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await one).toMatchObject({ direct: true });
    expect(await two).toMatchObject({ direct: true });
    const [third, fourth] = await Promise.all([findDirectWay(box, other, signal), findDirectWay(box, other, signal)]);
    expect(third).toBe(fourth);
  });

  it('is none to this machine, which has no address', async () => {
    expect(await findDirectWay(box, hosts.local, signal)).toMatchObject({ direct: false });
  });

  it('is not needed within one machine', async () => {
    const again = hosts.ssh({ host: machines.box.alias, user: machines.box.user });
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
