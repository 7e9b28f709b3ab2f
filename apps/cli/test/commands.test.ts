import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DriverStatus, ImageInfo, Plan } from 'image-api';
import { describe, expect, it } from 'vitest';
import { imagectl, isBuilt, program, shell, testDirectory } from './run-imagectl.ts';

async function directoryWithImage(): Promise<string> {
  const directory = await testDirectory();
  await writeFile(join(directory, 'a disk.raw'), Buffer.alloc(2 ** 20, 'x'));
  return directory;
}

describe.skipIf(!isBuilt)('imagectl plan', { timeout: 20_000 }, () => {
  it('prints the drivers with their reasons, and the command that would run', async () => {
    const directory = await directoryWithImage();
    const { status, stdout, stderr } = await imagectl(directory, 'plan', 'a disk.raw', 'b.raw', '--limit', '1MiB/s', '--driver', 'rsync');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^1 +rsync +/m);
    expect(stdout).toMatch(/^- +cp +- +- +rule: not the driver asked for/m);
    expect(stdout).toMatch(/^- +scp +- +- +rule: /m);
    expect(stdout).toMatch(/^local\$ rsync .*'\/\S+\/a disk\.raw'/m);
    expect(stdout).toMatch(/^limit +1 ?MiB\/s \(1048576 bytes\/s\).*from --limit$/m);
    expect(await readdir(directory)).toEqual(['a disk.raw']);
  });

  it('prints commands that do their work when they are pasted', async () => {
    const directory = await directoryWithImage();
    const { stdout } = await imagectl(directory, 'plan', 'a disk.raw', "it's 1.raw", '--driver', 'rsync');
    const command = /^local\$ (.*)$/m.exec(stdout)?.[1] ?? 'false';
    expect(await shell(directory, command)).toMatchObject({ status: 0 });
    const [copied] = (await readdir(directory)).filter((name) => name.startsWith(".it's 1.raw"));
    expect(await readFile(join(directory, copied ?? 'nothing'), 'latin1')).toBe('x'.repeat(2 ** 20));
  });

  it('with --json prints the plan as one object', async () => {
    const directory = await directoryWithImage();
    const { status, stdout } = await imagectl(directory, 'plan', 'a disk.raw', 'b.raw', '--json');
    const plan = JSON.parse(stdout) as Plan;
    expect(status).toBe(0);
    expect(plan).toMatchObject({ driver: 'cp', publish: 'atomic', from: { facts: { kind: 'file', size: 2 ** 20 } } });
    expect(plan.candidates).toHaveLength(7);
  });

  it('ends with 3 and the table when nobody can', async () => {
    const directory = await directoryWithImage();
    const words = ['plan', 'a disk.raw', 'b.raw', '--driver', 'scp'];
    const { status, stdout, stderr } = await imagectl(directory, ...words);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^- +scp +- +- +route: /m);
    expect(stderr).toMatch(/^imagectl: .*\n$/);
    expect(JSON.parse((await imagectl(directory, ...words, '--json')).stdout)).not.toHaveProperty('driver');
    expect(await imagectl(directory, ...words, '--quiet')).toMatchObject({ status: 3, stdout: '' });
  });

  it('ends with 4 for a missing source', async () => {
    const { status, stdout } = await imagectl(await testDirectory(), 'plan', 'none.raw', 'b.raw', '--json');
    expect(status).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code: 'SOURCE_MISSING' });
  });

  it('bears a reader that goes away', async () => {
    const directory = await directoryWithImage();
    const { status, stderr } = await shell(directory, `set -o pipefail; "$NODE" "$IMAGECTL" plan 'a disk.raw' b.raw | true`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe.skipIf(!isBuilt)('imagectl drivers', { timeout: 20_000 }, () => {
  it('lists the drivers that came with it, wherever it is called', async () => {
    const directory = await testDirectory();
    const { drivers } = JSON.parse((await imagectl(directory, 'drivers', '--json')).stdout) as { drivers: readonly DriverStatus[] };
    expect(drivers.map(({ id }) => id)).toEqual(['cp', 'ssh', 'rsync', 'scp', 'http', 'qemu-stream', 'p2p-precache']);
    expect((await imagectl(directory, 'drivers')).stdout).toMatch(/^cp +.*file>file.*sparse/m);
  });

  it('lists what the config names, in its order', async () => {
    const directory = await testDirectory();
    await writeFile(join(directory, 'image-api.config.json'), '{ "drivers": ["scp", "cp"] }');
    const { drivers } = JSON.parse((await imagectl(directory, 'drivers', '--json')).stdout) as { drivers: readonly DriverStatus[] };
    expect(drivers.map(({ id }) => id)).toEqual(['scp', 'cp']);
  });

  it('ends with 2, naming the key, when the config is not valid', async () => {
    const directory = await testDirectory();
    await writeFile(join(directory, 'image-api.config.json'), '{ "driver": ["cp"] }');
    const { status, stderr } = await imagectl(directory, 'drivers');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/^imagectl: .*image-api\.config\.json.*driver/) });
  });
});

describe.skipIf(!isBuilt)('imagectl doctor', { timeout: 20_000 }, () => {
  it('finds that images can be copied here', async () => {
    const { status, stdout } = await imagectl(await testDirectory(), 'doctor', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'driver cp', status: 'ok' })]),
    });
  });

  it('ends with 1 for a config that is not valid, and says which', async () => {
    const directory = await testDirectory();
    await writeFile(join(directory, 'image-api.config.json'), '{ "drivers": 7 }');
    const { status, stdout, stderr } = await imagectl(directory, 'doctor');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(/^fail +config +.*image-api\.config\.json: drivers/m);
  });
});

describe.skipIf(!isBuilt)('imagectl inspect', { timeout: 20_000 }, () => {
  it('tells format and sizes', async () => {
    const directory = await testDirectory();
    // The header of an empty qcow2 image of 1 GiB, version 3.
    const header = Buffer.alloc(65_536);
    header.write('QFI\xfb', 0, 'latin1');
    header.writeUInt32BE(3, 4);
    header.writeUInt32BE(16, 20);
    header.writeBigUInt64BE(2n ** 30n, 24);
    header.writeUInt32BE(104, 100);
    await writeFile(join(directory, 'a.qcow2'), header);
    const info = JSON.parse((await imagectl(directory, 'inspect', 'a.qcow2', '--json')).stdout) as ImageInfo;
    expect(info).toMatchObject({ format: 'qcow2', virtualSize: 2 ** 30, size: 65_536 });
    expect((await imagectl(directory, 'inspect', 'a.qcow2')).stdout).toMatch(/^virtual +1 GiB \(1073741824 bytes\)$/m);
  });

  it('ends with 4 when there is nothing to inspect', async () => {
    const { status, stderr } = await imagectl(await testDirectory(), 'inspect', 'none.raw');
    expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringMatching(/^imagectl: .*none\.raw/) });
  });
});

describe('the program', () => {
  it.skipIf(!isBuilt)('prints its version though the config is broken, and runs through a link', async () => {
    const directory = await testDirectory();
    await writeFile(join(directory, 'image-api.config.json'), '{');
    await symlink(program, join(directory, 'imagectl'));
    expect(await shell(directory, './imagectl --version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it('says what to do when it was not built', async () => {
    const directory = await testDirectory();
    await mkdir(join(directory, 'bin'));
    await cp(dirname(program), join(directory, 'bin'), { recursive: true });
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
    expect(await shell(directory, '"$NODE" bin/imagectl.js copy a b')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('npm run setup'),
    });
  });
});
