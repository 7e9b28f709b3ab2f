import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { listenerIn } from '../src/engine/qbittorrent/own-listener.ts';
import { qbittorrentSettings } from '../src/engine/qbittorrent/settings.ts';
import { stateOf, swarmStats } from '../src/engine/qbittorrent/swarm-stats.ts';

const salt = Buffer.alloc(16, 7);
const settings = {
  listening: { address: '192.0.2.7', port: 6881 },
  api: { port: 8080, user: 'image-api', password: 'secret word', salt },
  directory: '/run/a "b"',
};

describe('the settings of an engine', () => {
  const text = qbittorrentSettings(settings);
  const values = new Map(
    text.split('\n').flatMap((line) => (line.includes('=') ? [line.split(/=(.*)/s).slice(0, 2) as [string, string]] : [])),
  );

  it('depend on nothing but what they are made of', () => {
    expect(qbittorrentSettings(settings)).toBe(text);
  });

  it.each([
    ['Session\\DHTEnabled', 'false'],
    ['Session\\LSDEnabled', 'false'],
    ['Session\\PeXEnabled', 'false'],
    ['Session\\BTProtocol', 'TCP'],
    ['Session\\AddTrackersEnabled', 'false'],
    ['Session\\Preallocation', 'false'],
    ['Session\\QueueingSystemEnabled', 'false'],
    ['Session\\MaxUploads', '-1'],
    ['Session\\InterfaceAddress', '192.0.2.7'],
    ['Session\\Port', '6881'],
    ['Session\\IPFilteringEnabled', 'false'],
    ['Session\\DefaultSavePath', '"/run/a \\"b\\"/downloads"'],
    ['PortForwardingEnabled', 'false'],
    ['WebUI\\Address', '127.0.0.1'],
    ['WebUI\\Port', '8080'],
    ['WebUI\\LocalHostAuth', 'true'],
    ['Connection\\ResolvePeerCountries', 'false'],
    ['Accepted', 'true'],
  ])('say %s=%s', (key, value) => {
    expect(values.get(key)).toBe(value);
  });

  it('hold the password only as a digest that it can be checked with', () => {
    expect(text).not.toContain('secret word');
    const [kept = '', digest] = /@ByteArray\(([^:]+):([^)]+)\)/.exec(text)?.slice(1) ?? [];
    expect(Buffer.from(kept, 'base64')).toEqual(salt);
    expect(digest).toBe(pbkdf2Sync('secret word', salt, 100_000, 64, 'sha512').toString('base64'));
  });

  it.each([{ address: 'host' }, { interface: 'eth0\nPort=1' }, { address: '192.0.2.7\n[x]' }])('refuse %o', (listening) => {
    expect(() => qbittorrentSettings({ ...settings, listening: { port: 1, ...listening } })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', origin: 'caller' }) as Error,
    );
  });
});

describe('what the engine tells', () => {
  it.each([
    ['stalledDL', 'downloading'],
    ['forcedDL', 'downloading'],
    ['uploading', 'seeding'],
    ['stalledUP', 'seeding'],
    ['checkingUP', 'checking'],
    ['checkingResumeData', 'checking'],
    ['pausedDL', 'paused'],
    ['stoppedUP', 'paused'],
    ['error', 'failed'],
    ['missingFiles', 'failed'],
  ])('as %s is %s', (name, state) => {
    expect(stateOf(name)).toBe(state);
  });

  it('in pieces is counted in bytes, the last of them shorter', () => {
    const info = {
      hash: 'x',
      name: 'y',
      state: 'stalledDL',
      size: 950,
      downloaded: 1,
      uploaded: 2,
      dlspeed: 3,
      upspeed: 4,
      availability: -1,
    };
    const answers = { info, properties: { total_wasted: 5, piece_size: 100 }, pieceStates: [2, 1, 0, 2, 2, 2, 2, 2, 2, 0], peers: {} };
    expect(swarmStats(answers, { size: 950, pieceLength: 100 })).toEqual({
      state: 'downloading',
      size: 950,
      verified: 700,
      pieces: { verified: 7, total: 10 },
      missing: [
        [1, 3],
        [9, 10],
      ],
      downloaded: 1,
      uploaded: 2,
      wasted: 5,
      downloadRate: 3,
      uploadRate: 4,
      peers: [],
    });
  });
});

it('knows whose listener has a port', () => {
  const row = (local: string, state: string, uid: number): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 1234 1 0000000000000000 100 0 0 10 0`;
  const table = `  sl  local_address rem_address\n${row('0100007F:1F90', '01', 7)}\n${row('0100007F:1F90', '0A', 1000)}\n${row('00000000:0016', '0A', 0)}\n`;
  expect(listenerIn(table, 8080)).toBe(1000);
  expect(listenerIn(table, 22)).toBeUndefined();
});
