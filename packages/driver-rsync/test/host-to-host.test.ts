import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { startTwoMachines, twoMachinesMissing } from '../../host/test/elsewhere.ts';
import type { TwoMachines } from '../../host/test/elsewhere.ts';
import { sshdMissing } from '../../host/test/real-sshd.ts';
import { allocatedOf, digestOf, mebibyte } from './lab.ts';
import type { Lab } from './lab.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 20_000 });

const fixed = 'can neither be paused nor have its limit changed while it runs';
let site: Site;
let lab: Lab;

beforeAll(async () => {
  site = await openSite();
  ({ lab } = site);
});

afterAll(() => site.close());

describe.skipIf(sshdMissing !== undefined || twoMachinesMissing !== undefined)('from host to host', () => {
  let machines: TwoMachines;
  beforeAll(async () => {
    machines = await startTwoMachines();
  });
  afterAll(() => machines.stop());
  // What two hosts were found to be to each other is remembered, so each test has its own.
  let hosts: Hosts;
  beforeEach(() => {
    hosts = createHosts({ ssh: { configFile: machines.box.configFile } });
  });
  afterEach(() => hosts.close());
  const hostsOfCopy = (): [Host, Host] => [hosts.ssh({ host: machines.box.alias }), hosts.ssh({ host: 'other' })];

  it('goes straight from one to the other', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
    const [from, to] = hostsOfCopy();
    const [image, staging] = [await lab.make('straight [1].raw', 3, -5), await lab.make('straight.part')];
    const copy = { from: { host: from, path: image }, to: { host: to, path: staging }, limits: { bandwidth: 8 * mebibyte } };
    const offer = await lab.offer(copy);
    expect(offer).toMatchObject({ accept: true, notes: ['straight from box to other', fixed], commands: [{ host: 'box', tool: 'rsync' }] });
    const { counters } = await lab.copy(copy);
    expect(await digestOf(staging)).toBe(await digestOf(image));
    expect(await allocatedOf(staging)).toBe(await allocatedOf(image));
    expect(counters.bytesSent).toBeGreaterThan(2 * mebibyte);
  });

  it('refuses what it cannot do from afar', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
    const [from, to] = hostsOfCopy();
    const copy = {
      from: { host: from, path: await lab.make('fixed.raw', 1) },
      to: { host: to, path: await lab.make('fixed.part') },
      limits: { bandwidth: 1000 },
    };
    expect(await lab.offer(copy)).toEqual({ accept: false, reason: expect.stringContaining('1024 bytes/s') });
    const whole = { ...copy, limits: { bandwidth: 1500 } };
    expect(await lab.offer(whole)).toMatchObject({ accept: true, limits: { bandwidth: 1024 } });
    const reason = 'rsync cannot change the limit of a copy straight from box to other while it runs';
    expect(await lab.offer({ ...whole, needs: ['liveLimits'] })).toEqual({ accept: false, reason });
    const pause = 'rsync cannot pause a copy straight from box to other';
    expect(await lab.offer({ ...whole, needs: ['pause'] })).toEqual({ accept: false, reason: pause });
  });

  it('says why it cannot', async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: false });
    const [from, to] = hostsOfCopy();
    const offer = await lab.offer({
      from: { host: from, path: lab.path('straight [1].raw') },
      to: { host: to, path: lab.path('straight.part') },
    });
    expect(offer).toEqual({ accept: false, reason: 'box cannot reach other directly: Host key verification failed.' });
  });

  it('needs no network when both are one machine', async () => {
    const [from] = hostsOfCopy();
    const again = hosts.ssh({ host: machines.box.alias, user: machines.box.user });
    const [image, staging] = [await lab.make('within.raw', 1, -2), await lab.make('within.part')];
    const copy = { from: { host: from, path: image }, to: { host: again, path: staging } };
    expect(await lab.offer(copy)).toMatchObject({ accept: true, notes: ['within box', fixed] });
    await lab.copy(copy);
    expect(await digestOf(staging)).toBe(await digestOf(image));
  });
});
