import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSwarmEngine } from '../src/engine/open-swarm-engine.ts';
import type { SwarmEngine } from '../src/engine/swarm-engine.ts';
import { EngineLab, engineMissing, mib } from './engine-lab.ts';

const skipped = engineMissing === undefined ? '' : ` (skipped: ${engineMissing})`;
const before = process.env['XDG_RUNTIME_DIR'];
let runtime = '';
const open: SwarmEngine[] = [];

beforeEach(async () => {
  runtime = await mkdtemp(join(await realpath(tmpdir()), 'run-'));
  process.env['XDG_RUNTIME_DIR'] = runtime;
});
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.dispose();
  for (const pid of [...keepers()]) process.kill(pid, 'SIGTERM');
  await until(() => keepers().length + engines().length === 0);
  await rm(runtime, { recursive: true, force: true });
  if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
  else process.env['XDG_RUNTIME_DIR'] = before;
});

const keepers = (): number[] => processes('swarm-keeper.js').filter((pid) => commandOf(pid).includes(runtime));
const engines = (): number[] => processes('--profile=').filter((pid) => commandOf(pid).includes(runtime));

async function engineAt(number: number): Promise<SwarmEngine> {
  const engine = await openSwarmEngine({ address: `127.0.0.${number}` });
  open.push(engine);
  return engine;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; !isSo() && looks < 300; looks += 1) await sleep(50);
  expect(isSo()).toBe(true);
}

describe.skipIf(engineMissing !== undefined)(`the swarm engine as a service${skipped}`, { timeout: 120_000 }, () => {
  it('is started once for all who want it at the same time, and found again', async () => {
    const all = await Promise.all([engineAt(31), engineAt(31), engineAt(31)]);
    expect(new Set(all.map(({ listening }) => listening.port)).size).toBe(1);
    expect((await engineAt(31)).listening).toEqual(all[0]?.listening);
    expect([keepers().length, engines().length]).toEqual([1, 1]);
  });

  it('goes on with what it has when it is killed, and loses nothing', async () => {
    await using lab = await EngineLab.create();
    const { path, manifest, torrent } = await lab.image('image', 64);
    const { engine: origin } = await lab.engine(32);
    await origin.add(manifest, torrent, path, { seedOnly: true });
    const engine = await engineAt(33);
    const { listening } = engine;
    const peers = [origin.listening];
    const coming = await engine.add(manifest, torrent, lab.path('copy'), { peers, limits: { download: 8 * mib } });
    const complete = coming.complete();
    for (let kills = 0; kills < 2; kills += 1) {
      const seen = (await engine.stats(manifest.infohash)).verified;
      while ((await engine.stats(manifest.infohash)).verified <= seen) await sleep(100);
      const [pid = 0] = engines();
      process.kill(pid, 'SIGKILL');
      await until(() => !engines().includes(pid) && engines().length === 1);
      while ((await engine.stats(manifest.infohash).catch(() => undefined)) === undefined) await sleep(100);
    }
    await complete;
    execFileSync('cmp', [path, lab.path('copy')]);
    expect((await engineAt(33)).listening).toEqual(listening);
  });

  it('ends with nothing left when its keeper is told to end', async () => {
    await engineAt(34);
    for (const pid of keepers()) process.kill(pid, 'SIGTERM');
    await until(() => keepers().length + engines().length === 0);
    expect(filesIn(runtime)).toEqual([]);
  });

  it('does not outlive its keeper, and the next one starts where that was killed', async () => {
    await engineAt(35);
    for (const pid of keepers()) process.kill(pid, 'SIGKILL');
    await until(() => engines().length === 0);
    await engineAt(35);
    expect([keepers().length, engines().length]).toEqual([1, 1]);
    expect(readdirSync(join(runtime, 'image-api')).filter((name) => name.startsWith('s') && name !== 'swarm')).toHaveLength(1);
  });

  it('keeps an image for those who added it, then for as long as it was told to linger, and no longer', async () => {
    await using lab = await EngineLab.create();
    const { path, manifest, torrent } = await lab.image('image', 1);
    const [one, other, looking] = [await engineAt(36), await engineAt(36), await engineAt(36)];
    const leases = lab.path('leases');
    for (const engine of [one, other]) await engine.add(manifest, torrent, path, { seedOnly: true, lingerMs: 3000, leases });
    expect(readdirSync(leases)).toHaveLength(1);
    await one.remove(manifest.infohash);
    expect(await looking.stats(manifest.infohash)).toMatchObject({ size: mib });
    await other.dispose();
    await sleep(1000);
    expect(await looking.stats(manifest.infohash)).toMatchObject({ size: mib });
    await sleep(4000);
    await expect(looking.stats(manifest.infohash)).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
    expect(readdirSync(leases)).toEqual([]);
    expect(existsSync(path)).toBe(true);
  });

  it('is nobody else’s: its password is in no argument, in no file as it is, and without it there is no answer', async () => {
    await engineAt(37);
    const [pid = 0] = engines();
    expect(commandOf(pid)).toMatch(/^\S*qbittorrent-nox\0--profile=[^\0]+\0$/);
    const [, directory = ''] = /--profile=([^\0]+)/.exec(commandOf(pid)) ?? [];
    const config = readFileSync(join(directory, 'qBittorrent/config/qBittorrent.conf'), 'utf8');
    const port = /WebUI\\Port=(\d+)/.exec(config)?.[1];
    const ask = (address: string, call: string, init?: RequestInit): Promise<number> =>
      fetch(`http://${address}:${port}/api/v2/${call}`, init).then(({ status }) => status);
    expect(await ask('127.0.0.1', 'app/version')).toBe(403);
    await expect(ask('127.0.0.37', 'app/version')).rejects.toThrow('fetch failed');
    for (let tries = 0; tries < 12; tries += 1) {
      const body = new URLSearchParams({ username: 'image-api', password: `guess ${tries}` });
      await ask('127.0.0.1', 'auth/login', { method: 'POST', body });
    }
    // Who guesses does not lock us out.
    await expect((await engineAt(37)).stats('0'.repeat(40))).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
  });

  it('ends by itself when nobody has needed it for a while', async () => {
    const engine = await engineAt(38);
    await engine.dispose();
    const sinceMs = performance.now();
    while (keepers().length > 0 && performance.now() - sinceMs < 60_000) await sleep(500);
    expect([keepers(), engines()]).toEqual([[], []]);
    expect(filesIn(runtime)).toEqual([]);
  });

  it('leaves nothing when there is no engine to be started, and says so', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = await toolsWithout('qbittorrent-nox');
    try {
      await expect(engineAt(39)).rejects.toMatchObject({ code: 'TOOL_MISSING', driver: 'p2p-precache' });
    } finally {
      process.env['PATH'] = path;
    }
    await until(() => keepers().length === 0);
  });

  it('says what is wrong when it cannot listen there', async () => {
    await expect(openSwarmEngine({ address: '192.0.2.1' })).rejects.toMatchObject({ code: 'BAD_OPTION', origin: 'caller' });
    await expect(openSwarmEngine({ interface: 'none0' })).rejects.toMatchObject({ code: 'BAD_OPTION', origin: 'caller' });
  });
});

/** A folder with what a claim and a worker need. */
async function toolsWithout(missing: string): Promise<string> {
  const folder = join(runtime, 'bin');
  await mkdir(folder);
  for (const tool of ['flock', 'setpriv', 'true'].filter((one) => one !== missing)) {
    await symlink(execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool], { encoding: 'utf8' }).trim(), join(folder, tool));
  }
  return folder;
}

/** But for what is remembered of the programs of this machine. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.parentPath.endsWith('/known-programs'))
    .map(({ name }) => name);
}

function processes(text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => commandOf(pid).includes(text));
}

/** Its words, each with a NUL behind it; of the dead there are none. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
