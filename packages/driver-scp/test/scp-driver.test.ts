import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferRequest } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { scp } from '../src/index.ts';
import { acceptedBy, ask, failureOf, offerOf, staging, transfer } from './copying.ts';
import type { Asked, End } from './copying.ts';
import { SshServers, whyNoSshd } from './sshd.ts';

const mib = 2 ** 20;
let directory = '';
let servers: SshServers;
let hosts: Hosts;

/** What a way is called here, and its two ends. `relay` has a limit, as else the one machine both hosts are would be noticed. */
type Kind = 'upload' | 'download' | 'relay' | 'within';
const remoteEnds: Readonly<Record<Kind, { from?: string; to?: string }>> = {
  upload: { to: 'a' },
  download: { from: 'a' },
  relay: { from: 'a', to: 'b' },
  within: { from: 'a', to: 'b' },
};

beforeAll(async () => {
  if (whyNoSshd !== undefined) return;
  directory = await mkdtemp(join(tmpdir(), 'driver-scp-'));
  servers = await SshServers.make();
  await servers.start('a', 'internal-sftp');
  await servers.start('b', 'internal-sftp');
  await servers.start('mute', 'none');
  await servers.start('chatty', `/bin/echo welcome to this machine, enjoy your stay`);
  hosts = createHosts({ ssh: { configFile: servers.configFile } });
}, 30_000);
afterAll(async () => {
  await hosts?.close();
  await servers?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** An image of so many MiB with data in the first only, or all over. */
async function image(name: string, mebibytes: number, dense = true): Promise<string> {
  const path = join(directory, name);
  const file = await open(path, 'wx');
  await file.write(randomBytes((dense ? mebibytes : 1) * mib));
  await file.truncate(mebibytes * mib);
  await file.close();
  return path;
}

function askFor(kind: Kind, from: string, to: string, more: Partial<TransferRequest> = {}, signal?: AbortSignal): Promise<Asked> {
  const end = (host: string | undefined, path: string): End => ({ path, ...(host !== undefined && { host }) });
  const limits = kind === 'relay' ? { bandwidth: 1e9 } : {};
  return ask(hosts, end(remoteEnds[kind].from, from), end(remoteEnds[kind].to, to), { limits, ...more }, signal);
}

const same = (one: string, other: string): boolean => readFileSync(one).equals(readFileSync(other));

describe.skipIf(whyNoSshd !== undefined)(`scp${whyNoSshd === undefined ? '' : ` (${whyNoSshd})`}`, { timeout: 60_000 }, () => {
  it('is available where OpenSSH is', async () => {
    const env = (await askFor('upload', await image('probe.raw', 1), await staging(join(directory, 'probe.part')))).context.env;
    expect(await scp().probe(env)).toMatchObject({ available: true, detail: expect.stringMatching(/^scp of OpenSSH \d+\.\d+/) });
  });

  it.each(['upload', 'download', 'relay', 'within'] as const)(
    'copies the bytes into the very file it is given, and keeps its mode: %s',
    async (kind) => {
      const from = await image(`${kind}.raw`, 8);
      const to = await staging(join(directory, `${kind}.part`));
      const { ino } = statSync(to);
      const asked = await askFor(kind, from, to);
      const { counters } = await transfer(scp(), asked);
      expect(same(from, to)).toBe(true);
      expect(statSync(to)).toMatchObject({ ino, mode: 0o100600 });
      expect(counters).toMatchObject({ bytesLogical: 8 * mib, bytesRead: 8 * mib, bytesSkipped: 0 });
      // What goes through here comes first, and sftp has a few words of its own.
      const onWire = { upload: 8, download: 8, relay: 16, within: 0 }[kind] * mib;
      expect(counters.bytesSent).toBeGreaterThanOrEqual(onWire);
      expect(counters.bytesSent).toBeLessThanOrEqual(onWire * 1.01);
      expect(asked.updates.at(-1)).toEqual(counters);
    },
  );

  const names = [
    'a[1]',
    '[!a]',
    '*',
    '{x,y}',
    ` a b'"$(id)\`id\`;&|<>#!? `,
    'back\\slash\\',
    'a\\[1]',
    'colon:x',
    '-dash',
    'ünï-漢',
    '%41x%zz',
    'u@h',
    '~',
  ];
  const fewer = ['a[1]', ` a b'"$(id)`, 'back\\slash\\', 'colon:x', '-dash', '%41x', 'u@h'];
  it.each([
    ['upload', names],
    ['download', names],
    ['relay', fewer],
    ['within', fewer],
  ] as const)('takes every name as it is, beside names it could be taken for: %s', async (kind, all) => {
    const copyOne = async (name: string, index: number): Promise<void> => {
      const [from, to] = [join(directory, `names-${kind}-${index}`, 'from'), join(directory, `names-${kind}-${index}`, 'to')];
      await mkdir(from, { recursive: true });
      await mkdir(to);
      for (const decoy of ['a1', 'x', 'y', 'bx', 'Ax', 'a']) await writeFile(join(from, decoy), 'wrong');
      await writeFile(join(from, name), 'right');
      await staging(join(to, name));
      await transfer(scp(), await askFor(kind, join(from, name), join(to, name)));
      expect(readFileSync(join(to, name), 'utf8'), name).toBe('right');
      expect(await readdir(to), name).toEqual([name]);
    };
    await Promise.all(all.map(copyOne));
  });

  it('says beforehand that it fills holes, and how much room that takes', async () => {
    const asked = await askFor('upload', await image('holes.raw', 64, false), await staging(join(directory, 'holes.part')));
    const offer = await acceptedBy(scp(), asked);
    expect(offer.space).toBe(64 * mib);
    expect(offer.notes).toEqual([
      `holes are filled: it takes ${64 * mib} bytes on the destination`,
      expect.stringContaining('from the beginning'),
    ]);
  });

  it.each(['upload', 'download', 'relay', 'within'] as const)('plans the very command it runs: %s', async (kind) => {
    const [from, to] = [await image(`plan-${kind}.raw`, 1), await staging(join(directory, `plan-${kind}.part`))];
    const asked = await askFor(kind, from, to);
    const { commands } = await acceptedBy(scp(), asked);
    expect(commands).toHaveLength(1);
    const { tool, args, host } = commands[0] ?? { tool: '', args: [], host: '' };
    expect([tool, host]).toEqual(['scp', kind === 'within' ? 'a' : 'local']);
    const words = {
      upload: [from, `scp://a/${to}`],
      download: [`scp://a/${from}`, to],
      relay: [`scp://a/${from}`, `scp://b/${to}`],
      within: [from, to],
    };
    expect(args.slice(-3)).toEqual(['--', ...words[kind]]);
    expect(args.includes('-3')).toBe(kind === 'relay');
    expect(args).not.toContain('-O');
  });

  it('says which way a copy between hosts goes', async () => {
    const asked = await askFor('relay', await image('ways.raw', 1), await staging(join(directory, 'ways.part')));
    expect((await acceptedBy(scp(), asked)).notes).toEqual(
      expect.arrayContaining(['relayed through this machine, not stored here', expect.stringMatching(/^a cannot reach b/)]),
    );
    const unlimited = await askFor('within', asked.request.from.path, asked.request.to.path);
    expect((await acceptedBy(scp(), unlimited)).notes).toEqual(expect.arrayContaining(['within a']));
  });

  it('refuses a copy within a host that has no scp, and says so', async () => {
    const bin = join(directory, 'without-scp');
    await mkdir(bin);
    for (const tool of await readdir('/usr/bin')) if (tool !== 'scp') await symlink(join('/usr/bin', tool), join(bin, tool));
    await servers.start('bare', 'internal-sftp', [`SetEnv PATH=${bin}`]);
    const [from, to] = [await image('bare.raw', 1), await staging(join(directory, 'bare.part'))];
    const asked = await ask(hosts, { host: 'bare', path: from }, { host: 'bare', path: to });
    expect(await offerOf(scp(), asked)).toEqual({ accept: false, reason: 'both ends are bare, and scp is not installed on bare' });
    const error = await failureOf(transfer(scp(), asked));
    expect(error).toMatchObject({ code: 'TOOL_MISSING', origin: 'driver', driver: 'scp', untouched: true });
    expect(error.message).toContain('scp is not installed on bare');
  });

  it('holds any limit to the byte', async () => {
    const [from, to] = [await image('limit.raw', 1), await staging(join(directory, 'limit.part'))];
    const offer = await acceptedBy(scp(), await askFor('upload', from, to, { limits: { bandwidth: 1_000_000 } }));
    expect(offer).toMatchObject({ limits: { bandwidth: 1_000_000 }, charged: 'image' });
    expect(offer.commands[0]?.args.slice(0, 2)).toEqual(['-S', expect.stringMatching(/\/image-api-pace$/)]);
    expect(await acceptedBy(scp(), await askFor('upload', from, to, { limits: { bandwidth: 7 } }))).toMatchObject({
      limits: { bandwidth: 7 },
    });
    expect(offer.seconds).toBeGreaterThan(1);
  });

  it.each(['upload', 'download', 'relay'] as const)('is held by a limit, and tells how far it is meanwhile: %s', async (kind) => {
    const [from, to] = [await image(`held-${kind}.raw`, 8), await staging(join(directory, `held-${kind}.part`))];
    const asked = await askFor(kind, from, to, { limits: { bandwidth: 4 * mib } });
    const start = performance.now();
    await transfer(scp(), asked);
    expect(performance.now() - start).toBeGreaterThan(1500);
    const positions = asked.updates.flatMap(({ bytesLogical }) => bytesLogical ?? []);
    expect(positions.length).toBeGreaterThanOrEqual(4);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    expect(positions.filter((position) => position > 0 && position < 8 * mib).length).toBeGreaterThan(1);
  });

  it('refuses what it cannot do, and says why', async () => {
    const asked = await askFor('upload', await image('no.raw', 1), await staging(join(directory, 'no.part')));
    const reasonFor = async (more: Partial<TransferRequest>): Promise<string> => {
      const offer = await offerOf(scp(), { ...asked, request: { ...asked.request, ...more } });
      return offer.accept ? 'accepted' : offer.reason;
    };
    expect(await reasonFor({ toFormat: 'qcow2' })).toBe('cannot convert to qcow2');
    expect(await reasonFor({ held: 'resume' })).toContain('interrupted');
    expect(await reasonFor({ to: { ...asked.request.to, facts: { kind: 'block', size: mib } } })).toContain('block');
    expect(await reasonFor({ to: { ...asked.request.to, scheme: 'nbd' } })).toContain('from file to nbd');
  });

  it.each([
    ['mute', 'mute offers no sftp, which scp needs'],
    ['chatty', 'chatty says things of its own to every login'],
  ])('finds out before it starts that sftp does not work: %s', async (name, reason) => {
    const [from, to] = [await image(`${name}.raw`, 1), await staging(join(directory, `${name}.part`))];
    const asked = await ask(hosts, { path: from }, { host: name, path: to });
    expect(await offerOf(scp(), asked)).toEqual({ accept: false, reason: expect.stringContaining(reason) });
    expect(await failureOf(transfer(scp(), asked))).toMatchObject({
      code: 'TOOL_MISSING',
      origin: 'driver',
      driver: 'scp',
      untouched: true,
    });
  });

  it.each(['upload', 'download', 'relay'] as const)('says that the source is gone, and that nothing was written: %s', async (kind) => {
    const asked = await askFor(kind, await image(`gone-${kind}.raw`, 1), await staging(join(directory, `gone-${kind}.part`)));
    await rm(asked.request.from.path);
    expect(await failureOf(transfer(scp(), asked))).toMatchObject({
      code: 'SOURCE_MISSING',
      origin: 'source',
      driver: 'scp',
      untouched: true,
    });
  });

  it.each(['upload', 'download', 'relay'] as const)('ends within two seconds when it is cancelled: %s', async (kind) => {
    const controller = new AbortController();
    const limits = { bandwidth: 2 * mib };
    const [from, to] = [await image(`cancel-${kind}.raw`, 32), await staging(join(directory, `cancel-${kind}.part`))];
    const asked = await askFor(kind, from, to, { limits }, controller.signal);
    const running = transfer(scp(), asked);
    while (!asked.updates.some(({ bytesLogical = 0 }) => bytesLogical > 0)) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    const start = performance.now();
    expect(await failureOf(running)).toMatchObject({ code: 'CANCELLED', driver: 'scp' });
    expect(performance.now() - start).toBeLessThan(2000);
    const size = statSync(to).size;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(statSync(to).size).toBe(size);
  });
});
