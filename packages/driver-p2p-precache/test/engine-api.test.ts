import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHosts } from '@image-api/host';
import { QbittorrentApi } from '../src/engine/qbittorrent/api.ts';
import { freePort } from '../src/engine/qbittorrent/choose-ports.ts';
import { qbittorrentSettings } from '../src/engine/qbittorrent/settings.ts';
import { engineMissing } from './engine-lab.ts';

const access = { user: 'image-api', password: randomBytes(32).toString('base64url') };
const stop = new AbortController();
let folder = '';
let port = 0;
let running: Promise<unknown> = Promise.resolve();

const api = (options: Partial<ConstructorParameters<typeof QbittorrentApi>[0]> = {}): QbittorrentApi =>
  new QbittorrentApi({ ...access, place: { host: '127.0.0.1', port }, name: 'the engine of the test', ...options });

beforeAll(async () => {
  if (engineMissing !== undefined) return;
  folder = await mkdtemp(join(await realpath(tmpdir()), 'swarm-api-'));
  const config = join(folder, 'qBittorrent/config');
  await mkdir(config, { recursive: true });
  port = await freePort('127.0.0.1');
  const listening = { address: '127.0.0.41', port: await freePort('127.0.0.41') };
  const settings = { listening, api: { ...access, port, salt: randomBytes(16) }, directory: folder };
  await writeFile(join(config, 'qBittorrent.conf'), qbittorrentSettings(settings), { mode: 0o600 });
  const environment = { HOME: folder, TMPDIR: folder };
  running = createHosts().local.run('qbittorrent-nox', [`--profile=${folder}`], { signal: stop.signal, environment });
  running.catch(() => undefined);
  const asked = api();
  for (let tries = 0; tries < 300; tries += 1) {
    if (await asked.text('app/version').catch(() => undefined)) break;
    await sleep(50);
  }
  asked.close();
});
afterAll(async () => {
  stop.abort();
  await running.catch(() => undefined);
  if (folder) await rm(folder, { recursive: true, force: true });
});

describe.skipIf(engineMissing !== undefined)(`the API of an engine${engineMissing ? ` (skipped: ${engineMissing})` : ''}`, () => {
  it('answers who knows the password, as often as it is asked', async () => {
    const asked = api();
    const versions = await Promise.all(Array.from({ length: 20 }, () => asked.text('app/version')));
    expect(new Set(versions).size).toBe(1);
    expect(await asked.json('torrents/info')).toEqual([]);
    expect(await asked.json('torrents/properties', { hash: '0'.repeat(40) })).toBeUndefined();
    asked.close();
  });

  it('refuses who does not', async () => {
    await expect(api({ password: 'another' }).text('app/version')).rejects.toMatchObject({ code: 'AUTH_DENIED', origin: 'driver' });
  });

  it('has what it was told in its settings', async () => {
    const asked = api();
    expect(await asked.json('app/preferences')).toMatchObject({
      dht: false,
      lsd: false,
      pex: false,
      upnp: false,
      bittorrent_protocol: 1,
      encryption: 2,
      preallocate_all: false,
      incomplete_files_ext: false,
      queueing_enabled: false,
      max_uploads: -1,
      max_uploads_per_torrent: -1,
      current_interface_address: '127.0.0.41',
      web_ui_address: '127.0.0.1',
      bypass_local_auth: false,
      web_ui_max_auth_fail_count: 0,
      resolve_peer_countries: false,
      rss_processing_enabled: false,
      autorun_enabled: false,
      limit_lan_peers: true,
      up_limit: 0,
      dl_limit: 0,
    });
    asked.close();
  });

  it('can be reached over a socket that is forwarded to it', async () => {
    const path = join(folder, 'forwarded');
    const forward = createServer((socket) => {
      const further = connect(port, '127.0.0.1');
      for (const end of [socket, further]) end.on('error', () => undefined);
      socket.pipe(further).pipe(socket);
    });
    forward.listen(path);
    await once(forward, 'listening');
    const asked = api({ place: { socketPath: path } });
    expect(await asked.text('app/version')).toMatch(/^v\d/);
    asked.close();
    forward.close();
  });

  it('says what it refuses', async () => {
    const asked = api();
    await expect(asked.post('torrents/nonsense')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { call: 'torrents/nonsense', status: 404 },
    });
    asked.close();
  });

  it('is given up within the deadline when it hangs, and when nobody is there', async () => {
    const asked = api({ deadlineMs: 500 });
    await asked.text('app/version');
    const pid = pidOf(folder);
    process.kill(pid, 'SIGSTOP');
    const sinceMs = performance.now();
    try {
      await expect(asked.text('app/version')).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(performance.now() - sinceMs).toBeLessThan(3000);
    expect(await asked.text('app/version')).toMatch(/^v\d/);
    asked.close();
    const nobody = api({ place: { host: '127.0.0.1', port: await freePort('127.0.0.1') } });
    await expect(nobody.text('app/version')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/the engine of the test/) as string,
    });
  });
});

function pidOf(profile: string): number {
  const isIt = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `qbittorrent-nox\0--profile=${profile}\0`;
    } catch {
      return false;
    }
  };
  return Number(readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && isIt(entry)));
}
