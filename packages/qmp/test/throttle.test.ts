import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addThrottleGroup,
  changeThrottle,
  clearThrottle,
  connectQmp,
  flawOfLimits,
  printForLibvirt,
  printForQemu,
  readThrottle,
  readThrottleGroup,
  removeThrottleGroup,
  setThrottleGroup,
  throttleNames,
} from '../src/index.ts';
import type { Qmp, ThrottleLimits } from '../src/index.ts';
import { hasMachine, hasStorageDaemon, startMachine, startStorageDaemon } from './qemu.ts';
import type { RunningQemu } from './qemu.ts';

const anyLimits = fc.dictionary(fc.constantFrom(...throttleNames), fc.constantFrom(0, 1, 2, 3, 1000, 2 ** 32, 1e15, 1e15 + 1), {
  maxKeys: 5,
});

describe.skipIf(!hasStorageDaemon)('throttle groups of a storage daemon', () => {
  let daemon: RunningQemu;
  let qmp: Qmp;
  beforeAll(async () => {
    daemon = await startStorageDaemon();
    qmp = await connectQmp(daemon.monitor);
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await qmp.close();
  });

  it('are made, read, replaced as a whole, and removed', async () => {
    await addThrottleGroup(qmp, 'group', { 'bps-total': 1000, 'bps-total-max': 5000, 'bps-total-max-length': 3, 'iops-read': 7 });
    expect(await setThrottleGroup(qmp, 'group', { 'iops-read': 8, 'iops-read-max': 9 })).toEqual({ 'iops-read': 8, 'iops-read-max': 9 });
    expect(await readThrottleGroup(qmp, 'group')).toEqual({ 'iops-read': 8, 'iops-read-max': 9 });
    await qmp.execute('blockdev-add', { driver: 'null-co', 'node-name': 'disk' });
    await qmp.execute('blockdev-add', { driver: 'throttle', 'node-name': 'filter', 'throttle-group': 'group', file: 'disk' });
    await expect(removeThrottleGroup(qmp, 'group')).rejects.toMatchObject({ class: 'GenericError' });
    expect(await readThrottle(qmp)).toMatchObject({ name: 'filter', group: 'group' });
    await qmp.execute('blockdev-del', { 'node-name': 'filter' });
    await expect(readThrottle(qmp, 'disk')).rejects.toThrow('the node disk has no throttle node on it');
    await qmp.execute('blockdev-del', { 'node-name': 'disk' });
    await removeThrottleGroup(qmp, 'group');
    await expect(readThrottleGroup(qmp, 'group')).rejects.toMatchObject({ class: 'DeviceNotFound' });
  });

  it('refuse the very limits that are found to contradict each other', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(anyLimits, async (limits: ThrottleLimits) => {
        const zeroes = Object.fromEntries(Object.entries(limits).filter(([name, value]) => value !== 0 || !name.endsWith('length')));
        const answer = await qmp
          .execute('object-add', { 'qom-type': 'throttle-group', id: 'tried', limits: zeroes })
          .catch((error: unknown) => error as Error);
        const isRefused = answer instanceof Error;
        if (isRefused) refused += 1;
        else await qmp.execute('object-del', { id: 'tried' });
        expect(flawOfLimits(limits) !== undefined, `${JSON.stringify(limits)}: ${isRefused ? answer.message : 'taken'}`).toBe(isRefused);
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});

describe.skipIf(!hasMachine)('the limits of the disks of a machine', () => {
  let machine: RunningQemu;
  let qmp: Qmp;
  beforeAll(async () => {
    machine = await startMachine([
      ...['-blockdev', 'driver=null-co,size=1073741824,node-name=node0', '-device', 'virtio-blk-pci,drive=node0,id=disk0'],
      ...['-drive', 'if=none,id=drive1,driver=null-co,size=1G', '-device', 'virtio-blk-pci,drive=drive1,id=disk1'],
      ...['-device', 'virtio-scsi-pci', '-drive', 'if=none,id=drive2,driver=null-co,size=1G', '-device', 'scsi-hd,drive=drive2,id=disk2'],
      ...['-object', '{"qom-type":"throttle-group","id":"group","limits":{"bps-total":1048576}}'],
      ...['-blockdev', 'driver=raw,file.driver=null-co,file.size=1073741824,node-name=below'],
      ...['-blockdev', 'driver=throttle,throttle-group=group,file=below,node-name=filter'],
      ...['-device', 'virtio-blk-pci,drive=filter,id=disk3', '-drive', 'if=none,id=empty', '-device', 'ide-cd,drive=empty'],
    ]);
    qmp = await connectQmp(machine.monitor);
  });
  afterAll(async () => {
    await machine[Symbol.asyncDispose]();
    await qmp.close();
  });

  it.each(['disk0', '/machine/peripheral/disk0/virtio-backend', 'node0'])('are found by %s', async (name) => {
    expect(await readThrottle(qmp, name)).toEqual({ kind: 'drive', name: 'disk0', limits: {}, sharedWith: [] });
  });

  it('change one by one, each keeping the others', async () => {
    await changeThrottle(qmp, 'disk0', { limits: { 'bps-read': 1000, 'bps-read-max': 5000, 'bps-read-max-length': 4, 'iops-total': 50 } });
    await changeThrottle(qmp, 'disk0', { limits: { 'bps-write': 2000, 'iops-size': 4096 } });
    const all = {
      'bps-read': 1000,
      'bps-read-max': 5000,
      'bps-read-max-length': 4,
      'bps-write': 2000,
      'iops-total': 50,
      'iops-size': 4096,
    };
    expect(await readThrottle(qmp, 'disk0')).toEqual({ kind: 'drive', name: 'disk0', limits: all, sharedWith: [] });
    await changeThrottle(qmp, 'disk0', { limits: { 'bps-read': 0, 'iops-total': 0 } });
    expect(await readThrottle(qmp, 'disk0')).toMatchObject({ limits: { 'bps-write': 2000 } });
    const clear = await clearThrottle(qmp, 'disk0');
    expect(clear).toEqual({ kind: 'drive', name: 'disk0', limits: {}, sharedWith: [] });
  });

  it('are not changed to what contradicts what is in force', async () => {
    await changeThrottle(qmp, 'drive1', { limits: { 'bps-total': 1000 } });
    const contradicting = changeThrottle(qmp, 'drive1', { limits: { 'bps-read': 500 } });
    await expect(contradicting).rejects.toMatchObject({
      kind: 'argument',
      message: expect.stringMatching('bps-total and bps-read') as string,
    });
    expect(await readThrottle(qmp, 'disk1')).toMatchObject({ limits: { 'bps-total': 1000 } });
    await changeThrottle(qmp, 'drive1', { limits: { 'bps-total': 0, 'bps-read': 500 } });
    expect(await readThrottle(qmp, 'disk1')).toMatchObject({ limits: { 'bps-read': 500 } });
    await clearThrottle(qmp, 'drive1');
  });

  it('are those of the group for all that are in it', async () => {
    await changeThrottle(qmp, 'disk1', { limits: { 'bps-total': 3000 }, group: 'shared' });
    await changeThrottle(qmp, 'disk2', { limits: {}, group: 'shared' });
    const expected = { group: 'shared', limits: { 'bps-total': 3000 } };
    expect(await readThrottle(qmp, 'disk2')).toMatchObject({ ...expected, sharedWith: ['disk1'] });
    await changeThrottle(qmp, 'disk2', { limits: { 'iops-write': 9 } });
    expect(await readThrottle(qmp, 'disk1')).toMatchObject({ group: 'shared', limits: { 'bps-total': 3000, 'iops-write': 9 } });
    await clearThrottle(qmp, 'disk1');
    expect(await readThrottle(qmp, 'disk2')).toMatchObject({ limits: { 'bps-total': 3000, 'iops-write': 9 }, sharedWith: [] });
    await clearThrottle(qmp, 'disk2');
    await expect(changeThrottle(qmp, 'disk2', { limits: {}, group: 'shared' })).rejects.toThrow('cannot be made without limits');
  });

  it.each(['disk3', 'filter', 'below'])('are those of the throttle node on the disk, found by %s', async (name) => {
    const before = { kind: 'node', name: 'filter', group: 'group', limits: { 'bps-total': 1048576 }, sharedWith: [] };
    expect(await readThrottle(qmp, name)).toEqual(before);
    expect(await changeThrottle(qmp, name, { limits: { 'iops-total': 10 } })).toMatchObject({
      limits: { 'bps-total': 1048576, 'iops-total': 10 },
    });
    expect(await clearThrottle(qmp, name)).toMatchObject({ limits: {} });
    expect(await changeThrottle(qmp, name, { limits: { 'bps-total': 1048576 } })).toEqual(before);
    await expect(changeThrottle(qmp, name, { limits: {}, group: 'other' })).rejects.toThrow('only drives can change theirs');
  });

  it('are not looked for where it is not said where', async () => {
    await expect(readThrottle(qmp)).rejects.toThrow('say which disk is meant; there are disk0, disk1, disk2, disk3, filter');
    await expect(readThrottle(qmp, 'disk9')).rejects.toThrow('no disk disk9 can be limited; there are disk0');
  });
});

describe('limits for the start of a machine', () => {
  const limits = {
    'bps-read': 2 ** 20,
    'bps-read-max': 2 ** 21,
    'bps-read-max-length': 9,
    'bps-write': 0,
    'iops-total': 7,
    'iops-size': 4096,
  };

  it.skipIf(!hasMachine)('are in force when it has started with them', async () => {
    const words = [
      '-drive',
      `if=none,id=drive,driver=null-co,${printForQemu(limits, 'a,b')}`,
      '-device',
      'virtio-blk-pci,drive=drive,id=disk',
    ];
    await using machine = await startMachine(words);
    const qmp = await connectQmp(machine.monitor);
    const { 'bps-write': _, ...inForce } = limits;
    expect(await readThrottle(qmp)).toMatchObject({ group: 'a,b', limits: inForce });
    await qmp.close();
  });

  it('are an element for libvirt', () => {
    expect(printForLibvirt(limits, 'a<b')).toBe(
      `<iotune>
  <read_bytes_sec>1048576</read_bytes_sec>
  <read_bytes_sec_max>2097152</read_bytes_sec_max>
  <read_bytes_sec_max_length>9</read_bytes_sec_max_length>
  <total_iops_sec>7</total_iops_sec>
  <size_iops_sec>4096</size_iops_sec>
  <group_name>a&lt;b</group_name>
</iotune>
`,
    );
    expect(printForLibvirt({})).toBe('<iotune/>\n');
  });

  it('are not printed when they contradict each other', () => {
    expect(() => printForQemu({ 'iops-total': 1, 'iops-write': 2 })).toThrow('iops-total and iops-write');
  });
});
