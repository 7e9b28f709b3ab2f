import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '@image-api/driver';
import { useBothHosts } from './both-hosts.ts';

const both = useBothHosts();
const { at } = both;
const root = process.getuid?.() === 0;
const noQemu = spawnSync('qemu-io', ['--version']).status !== 0;
const one = '0123456789abcdef';
const other = 'fedcba9876543210';

describe.each(['local', 'ssh'] as const)('a sweep on a host of the kind %s', { timeout: 30_000 }, (kind) => {
  let host: Host;
  let directory: string;
  beforeEach(async (context) => {
    host = both.host(kind, context);
    directory = at('images');
    await fs.mkdir(directory);
  });
  const here = (name: string): string => `${directory}/${name}`;
  const left = async (): Promise<string[]> => (await fs.readdir(directory)).toSorted();

  it('removes what nobody holds, and says what it was', async () => {
    await fs.writeFile(here(`.vm.${one}.part`), 'x'.repeat(5000), { mode: 0o600 });
    const { blocks } = await fs.stat(here(`.vm.${one}.part`));
    const [leftover, ...more] = await host.sweep(directory, { prefix: '.vm' });
    expect(leftover).toEqual({
      path: here(`.vm.${one}.part`),
      size: 5000,
      allocated: blocks * 512,
      ageMs: expect.any(Number) as number,
      published: false,
      state: 'removed',
    });
    expect(leftover?.ageMs).toBeGreaterThanOrEqual(0);
    expect(leftover?.ageMs).toBeLessThan(20_000);
    expect(more).toEqual([]);
    expect(await left()).toEqual([]);
  });

  it('leaves alone what has another name, and what it was told to', async () => {
    const spared = [
      `.vm.${one}.part.x`,
      `.vm.${one}`,
      `.vm.${one.slice(1)}.part`,
      `.vm.${one.toUpperCase()}.part`,
      `.vm.a${one}.part`,
      `.vm2.${one}.part`,
      `.vm.2.${one}.part`,
      `vm.${one}.part`,
      `.vm.${other}.part`,
    ];
    for (const name of [...spared, `.vm.${one}.part`]) await fs.writeFile(here(name), '');
    const found = await host.sweep(directory, { prefix: '.vm', except: `.vm.${other}.part` });
    expect(found.map(({ path }) => path)).toEqual([here(`.vm.${one}.part`)]);
    expect(await left()).toEqual(spared.toSorted());
  });

  it('finds those of every copy when it is given no prefix', async () => {
    const ours = [`.a b.${one}.part`, `.ü.qcow2.${other}.part`, `..${one}.${one}.part`];
    const spared = [`.${one}.part`, `a.${one}.part`, 'vm.qcow2'];
    for (const name of [...ours, ...spared]) await fs.writeFile(here(name), '');
    const found = await host.sweep(directory, { prefix: '' });
    expect(found.map(({ path }) => path).toSorted()).toEqual(ours.map(here).toSorted());
    expect(await left()).toEqual(spared.toSorted());
  });

  it.each(['.*', '.?', '.[a-z]', '.a\\b', '.a b', ". it's", '.$(id)', '.-rf', '.ü\u202E', '.a"b', '.%s', '.~', `.${'x'.repeat(200)}`])(
    'takes the prefix %j literally',
    async (prefix) => {
      const name = `${prefix}.${one}.part`;
      for (const file of [name, `.ab.${one}.part`, `.q.${one}.part`]) await fs.writeFile(here(file), '');
      const found = await host.sweep(directory, { prefix });
      expect(found).toMatchObject([{ path: here(name), state: 'removed' }]);
      expect(await left()).toEqual([`.ab.${one}.part`, `.q.${one}.part`].toSorted());
    },
  );

  it('does not trip over names that cannot be ours', async () => {
    const strange = [`.vm\n.${one}.part`, `.vm.${one}.part\n`, `.\nremoved 1 0 0 0 x.${one}.part`];
    for (const name of [...strange, `.vm.${one}.part`]) await fs.writeFile(here(name), '');
    expect(await host.sweep(directory, { prefix: '' })).toMatchObject([{ path: here(`.vm.${one}.part`) }]);
    expect(await left()).toEqual(strange.toSorted());
  });

  it('never touches what another holds, here or over there', async (context) => {
    const holders = [both.host('local', context), both.host(kind, context)];
    for (const holder of holders) {
      const claim = await holder.claim(here(`.vm.${one}.part`));
      for (const dryRun of [false, true]) expect(await host.sweep(directory, { prefix: '.vm', dryRun })).toMatchObject([{ state: 'held' }]);
      expect(await host.sweep(directory, { prefix: '.vm', olderThanMs: 3_600_000 })).toMatchObject([{ state: 'held' }]);
      await fs.writeFile(here(`.vm.${one}.part`), 'still ours');
      await claim.release();
    }
    expect(await fs.readFile(here(`.vm.${one}.part`), 'utf8')).toBe('still ours');
    expect(await host.sweep(directory, { prefix: '.vm' })).toMatchObject([{ state: 'removed', size: 10 }]);
  });

  it.skipIf(noQemu)(`never touches a disk that QEMU uses${noQemu ? ' (qemu-io is not installed)' : ''}`, async () => {
    const path = here(`.vm.${one}.part`);
    await fs.writeFile(path, Buffer.alloc(4096));
    const user = spawn('qemu-io', ['-f', 'raw', path], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      const { ino } = await fs.stat(path);
      await expect.poll(() => fs.readFile('/proc/locks', 'latin1'), { timeout: 10_000 }).toContain(`:${ino} `);
      for (const dryRun of [false, true]) expect(await host.sweep(directory, { prefix: '.vm', dryRun })).toMatchObject([{ state: 'held' }]);
    } finally {
      user.stdin.end('quit\n');
      await once(user, 'close');
    }
    expect(await host.sweep(directory, { prefix: '.vm' })).toMatchObject([{ state: 'removed' }]);
  });

  it('holds nothing while it only looks, so that nobody is refused meanwhile', async () => {
    await fs.writeFile(here(`.vm.${one}.part`), '');
    const looking = Promise.all(Array.from({ length: 5 }, () => host.sweep(directory, { prefix: '.vm', dryRun: true })));
    for (let round = 0; round < 5; round++) await (await host.claim(here(`.vm.${one}.part`))).release();
    for (const found of await looking) expect(found).toHaveLength(1);
    expect(await left()).toEqual([`.vm.${one}.part`]);
  });

  it('keeps what is not old enough, and all when it only looks', async () => {
    await fs.writeFile(here(`.vm.${one}.part`), '');
    await fs.writeFile(here(`.vm.${other}.part`), '');
    const hourAgo = Date.now() / 1000 - 3600;
    await fs.utimes(here(`.vm.${one}.part`), hourAgo, hourAgo);
    const seen = await host.sweep(directory, { prefix: '.vm', dryRun: true });
    expect(seen.map(({ state }) => state)).toEqual(['kept', 'kept']);
    const found = await host.sweep(directory, { prefix: '.vm', olderThanMs: 1_800_000 });
    const states = Object.fromEntries(found.map(({ path, state, ageMs }) => [path, [state, Math.round(ageMs / 60_000)]]));
    expect(states).toEqual({ [here(`.vm.${one}.part`)]: ['removed', 60], [here(`.vm.${other}.part`)]: ['kept', 0] });
    expect(await left()).toEqual([`.vm.${other}.part`]);
  });

  it.each([
    ['in the year 1970', 0.089],
    ['tomorrow', Date.now() / 1000 + 86_400],
  ])('gets along with what was written %s', async (_, seconds) => {
    await fs.writeFile(here(`.vm.${one}.part`), '');
    await fs.utimes(here(`.vm.${one}.part`), seconds, seconds);
    const [leftover] = await host.sweep(directory, { prefix: '.vm' });
    expect(leftover?.state).toBe('removed');
    const expected = Math.max(0, Date.now() - seconds * 1000);
    expect(Math.abs((leftover?.ageMs ?? -1) - expected)).toBeLessThan(20_000);
  });

  it('removes the second name of what is published, and says so', async () => {
    await fs.writeFile(here(`.vm.${one}.part`), 'image');
    await fs.link(here(`.vm.${one}.part`), here('vm'));
    expect(await host.sweep(directory, { prefix: '.vm' })).toMatchObject([{ published: true, state: 'removed' }]);
    expect(await left()).toEqual(['vm']);
    expect(await fs.readFile(here('vm'), 'utf8')).toBe('image');
  });

  it('removes what may no longer be read or written', async () => {
    await fs.writeFile(here(`.vm.${one}.part`), '', { mode: 0o444 });
    expect(await host.sweep(directory, { prefix: '.vm' })).toMatchObject([{ state: 'removed' }]);
  });

  it('leaves alone what is no plain file', async () => {
    await fs.mkdir(here(`.directory.${one}.part`));
    await fs.writeFile(here('image'), 'precious');
    await fs.symlink('image', here(`.link.${one}.part`));
    execFileSync('mkfifo', [here(`.fifo.${one}.part`)]);
    const before = await left();
    expect(await host.sweep(directory, { prefix: '' })).toEqual([]);
    expect(await left()).toEqual(before);
  });

  it.skipIf(!root)("leaves alone somebody else's (root only: it takes a file of another user)", async () => {
    await fs.writeFile(here(`.vm.${one}.part`), '');
    await fs.chown(here(`.vm.${one}.part`), 65_534, 65_534);
    expect(await host.sweep(directory, { prefix: '' })).toEqual([]);
    expect(await left()).toEqual([`.vm.${one}.part`]);
  });

  it('finds nothing where there is no directory', async () => {
    await fs.writeFile(here('file'), '');
    for (const name of ['missing', 'missing/too', 'file', 'file/below']) expect(await host.sweep(here(name), { prefix: '' })).toEqual([]);
  });

  it('takes a directory of any name', async () => {
    for (const name of ["it's $(id) *", '-rf', 'ü\u202E \\ "']) {
      await fs.mkdir(here(name));
      await fs.writeFile(here(`${name}/.vm.${one}.part`), '');
      expect(await host.sweep(here(name), { prefix: '.vm' })).toMatchObject([{ path: here(`${name}/.vm.${one}.part`), state: 'removed' }]);
    }
  });

  it('finds hundreds in one go', { timeout: 60_000 }, async () => {
    const names = Array.from({ length: 300 }, (_, index) => `.${'x'.repeat(100)}.${index.toString(16).padStart(16, '0')}.part`);
    for (const name of names) await fs.writeFile(here(name), '');
    const found = await host.sweep(directory, { prefix: '', dryRun: true });
    expect(found.map(({ path }) => path).toSorted()).toEqual(names.map(here).toSorted());
  });

  it.skipIf(!root)('says which it could not remove (root only: it takes a file that cannot be removed)', async (context) => {
    await fs.writeFile(here(`.vm.${one}.part`), '');
    try {
      execFileSync('chattr', ['+i', here(`.vm.${one}.part`)], { stdio: 'pipe' });
    } catch {
      context.skip('this filesystem has no files that cannot be changed');
    }
    try {
      await expect(host.sweep(directory, { prefix: '.vm' })).rejects.toMatchObject({
        code: 'DESTINATION_UNWRITABLE',
        origin: 'destination',
        message: expect.stringMatching(/^cannot remove .*\/\.vm\..*\.part( on box)?: operation not permitted;/) as string,
      });
    } finally {
      execFileSync('chattr', ['-i', here(`.vm.${one}.part`)]);
    }
  });

  it('is in no way of another at the same time', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `.vm.${index.toString(16).padStart(16, '0')}.part`);
    for (const name of names) await fs.writeFile(here(name), '');
    const sweeps = await Promise.all(Array.from({ length: 4 }, () => host.sweep(directory, { prefix: '.vm' })));
    const removed = sweeps.flat().filter(({ state }) => state === 'removed');
    expect(removed.map(({ path }) => path).toSorted()).toEqual(names.map(here));
    expect(await left()).toEqual([]);
  });

  it('leaves a claim that comes at the same time either refused or whole', async () => {
    for (let round = 0; round < 10; round++) {
      const [swept, claimed] = await Promise.allSettled([host.sweep(directory, { prefix: '.vm' }), host.claim(here(`.vm.${one}.part`))]);
      expect(swept.status).toBe('fulfilled');
      if (claimed.status === 'rejected') expect(claimed.reason).toMatchObject({ code: 'DESTINATION_BUSY' });
      else {
        expect(await left()).toEqual([`.vm.${one}.part`]);
        await claimed.value.release();
      }
    }
  });
});
