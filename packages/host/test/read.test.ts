import * as fs from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '@image-api/driver';
import { useBothHosts } from './both-hosts.ts';
import { makeLoopDevice } from './loop-device.ts';

const both = useBothHosts();
const { at } = both;

describe.each(['local', 'ssh'] as const)('reading on a host of the kind %s', { timeout: 30_000 }, (kind) => {
  let host: Host;
  beforeEach((context) => {
    host = both.host(kind, context);
  });

  it('reads pieces in the order asked for, byte by byte the same', async () => {
    const bytes = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i * 7919) % 256);
    await fs.writeFile(at('x'), bytes);
    expect(await host.read(at('x'), [{ offset: 0, length: 1024 }])).toEqual([bytes.slice(0, 1024)]);
    const ranges = [
      { offset: 1_500_000, length: 300_000 },
      { offset: 0, length: 700_000 },
      { offset: 10, length: 0 },
      { offset: 699_999, length: 2 },
    ];
    const pieces = await host.read(at('x'), ranges);
    expect(pieces).toHaveLength(ranges.length);
    for (const [index, { offset, length }] of ranges.entries())
      expect(Buffer.compare(pieces[index] ?? new Uint8Array(), bytes.subarray(offset, offset + length)), `piece ${index}`).toBe(0);
    expect(await host.read(at('x'), [])).toEqual([]);
  });

  it('reads less past the end', async () => {
    await fs.writeFile(at('short'), 'abc');
    const ranges = [0, 2, 3, 4, 2 ** 40, Number.MAX_SAFE_INTEGER].map((offset) => ({ offset, length: 1024 }));
    const none = new Uint8Array();
    expect(await host.read(at('short'), ranges)).toEqual([new Uint8Array([97, 98, 99]), new Uint8Array([99]), none, none, none, none]);
    await fs.writeFile(at('empty'), '');
    expect(await host.read(at('empty'), [{ offset: 0, length: 10 }])).toEqual([none]);
  });

  it('reads pieces of a block device, and nothing past its end', async (context) => {
    const path = await makeLoopDevice(context, at('disk'), 1024 * 1024);
    await fs.writeFile(path, 'head', { flag: 'r+' });
    const [head, tail, ...past] = await host.read(
      path,
      [0, 1024 * 1024 - 2, 1024 * 1024, 2 ** 40].map((offset) => ({ offset, length: 4 })),
    );
    expect(Buffer.from(head ?? []).toString()).toBe('head');
    expect(tail).toEqual(new Uint8Array(2));
    expect(past).toEqual([new Uint8Array(), new Uint8Array()]);
  });

  it('reads what the kernel counts of a device', async (context) => {
    // Loop devices come, go and change their size while other tests use them.
    const name = (await fs.readdir('/sys/class/block')).find((one) => !one.startsWith('loop'));
    if (name === undefined) context.skip('this machine has no block device');
    const [text] = await host.read(`/sys/class/block/${name}/size`, [{ offset: 0, length: 512 }]);
    expect(Buffer.from(text ?? []).toString()).toBe(await fs.readFile(`/sys/class/block/${name}/size`, 'utf8'));
  });

  it('does not read more than headers take', async () => {
    await fs.writeFile(at('x'), '');
    const half = { offset: 0, length: 512 * 1024 };
    expect(await host.read(at('x'), [half, half])).toHaveLength(2);
    for (const ranges of [
      [half, half, { offset: 0, length: 1 }],
      [{ offset: -1, length: 1 }],
      [{ offset: 0, length: -1 }],
      [{ offset: 0.5, length: 1 }],
    ])
      await expect(host.read(at('x'), ranges)).rejects.toMatchObject({ code: 'INTERNAL', origin: 'core' });
  });
});
