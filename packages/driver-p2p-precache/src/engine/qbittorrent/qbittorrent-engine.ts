import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Manifest } from '../../manifest/manifest.ts';
import { checkedTorrent } from '../checked-torrent.ts';
import type { AddOptions, SwarmEngine, SwarmLimits, SwarmPeer, SwarmStats, Transfer } from '../swarm-engine.ts';
import { watchedTransfer } from '../transfer.ts';
import type { LogLine, TorrentInfo, TorrentPeers, TorrentProperties } from './answers.ts';
import type { QbittorrentApi } from './api.ts';
import { refused } from './api-errors.ts';
import type { FilePlace } from './file-place.ts';
import { lastWords } from './last-words.ts';
import { swarmStats } from './swarm-stats.ts';

export interface QbittorrentEngineOptions {
  readonly api: QbittorrentApi;
  readonly listening: SwarmPeer;
  readonly files: FilePlace;
  /** How long a pause may last before peers are hung up on, in milliseconds. Default 90000: they would do so after two minutes of silence. */
  readonly silenceMs?: number;
}

interface Added {
  readonly manifest: Manifest;
  limits: SwarmLimits;
  /** While it is paused: runs out when it is to be stopped. */
  pause: NodeJS.Timeout | undefined;
}

const kibibyte = 1024;
const usualSilenceMs = 90_000;
const appearPollMs = 20;
const appearMs = 15_000;

/** A swarm engine that is a qBittorrent, wherever it runs. */
export class QbittorrentEngine implements SwarmEngine {
  readonly listening: SwarmPeer;
  readonly #api: QbittorrentApi;
  readonly #files: FilePlace;
  readonly #silenceMs: number;
  readonly #added = new Map<string, Added>();
  #stopWord: Promise<readonly [stop: string, start: string]> | undefined;

  constructor({ api, listening, files, silenceMs = usualSilenceMs }: QbittorrentEngineOptions) {
    this.#silenceMs = silenceMs;
    this.#api = api;
    this.listening = listening;
    this.#files = files;
  }

  async add(manifest: Manifest, torrent: Uint8Array, path: string, options: AddOptions = {}): Promise<Transfer> {
    const { infohash } = manifest;
    const bytes = checkedTorrent(torrent, manifest);
    const known = this.#added.get(infohash);
    this.#added.set(infohash, known ?? { manifest, limits: options.limits ?? {}, pause: undefined });
    if (await this.#info(infohash)) {
      if (options.limits) await this.setLimits(infohash, options.limits);
    } else {
      await this.#add(infohash, bytes, await this.#files.link(manifest, path), options);
    }
    await this.addPeers(infohash, options.peers ?? []);
    return watchedTransfer(this, infohash, options.onProgress);
  }

  async #add(infohash: string, torrent: Uint8Array, folder: string, { seedOnly = false, limits = {} }: AddOptions): Promise<void> {
    const form = new FormData();
    form.set('torrents', new Blob([Uint8Array.from(torrent)], { type: 'application/x-bittorrent' }), `${infohash}.torrent`);
    const fields = {
      savepath: folder,
      skip_checking: seedOnly,
      paused: false,
      stopped: false,
      autoTMM: false,
      useDownloadPath: false,
      contentLayout: 'Original',
      dlLimit: limitOf(limits.download),
      upLimit: limitOf(limits.upload),
    };
    for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
    const said = await this.#api.post('torrents/add', form);
    // One that has just been started may know it from before, and be about to remember.
    for (let waitedMs = 0; !(await this.#info(infohash)); waitedMs += appearPollMs) {
      if (waitedMs > appearMs) throw refused(this.#api.name, 'torrents/add', 200, said);
      await sleep(appearPollMs);
    }
  }

  async addPeers(infohash: string, peers: readonly SwarmPeer[]): Promise<void> {
    if (peers.length === 0) return;
    const addresses = (await Promise.all(peers.map(addressesOf))).flat();
    if (addresses.length > 0) await this.#api.post('torrents/addPeers', { hashes: infohash, peers: addresses.join('|') });
  }

  async setLimits(infohash: string, limits: SwarmLimits): Promise<SwarmLimits> {
    const added = this.#added.get(infohash);
    if (added) added.limits = limits;
    // While it is paused, another limit is in force.
    return added?.pause ? limits : this.#setLimits(infohash, limits);
  }

  async #setLimits(infohash: string, { download, upload }: SwarmLimits): Promise<SwarmLimits> {
    const all = infohash === 'all';
    // What all may take together it keeps in whole KiB.
    const step = (limit: number | undefined): number => limitOf(limit, all ? kibibyte : 1);
    const inForce = { download: step(download), upload: step(upload) };
    const call = (way: 'Download' | 'Upload', limit: number): Promise<string> =>
      all ? this.#api.post(`transfer/set${way}Limit`, { limit }) : this.#api.post(`torrents/set${way}Limit`, { hashes: infohash, limit });
    await Promise.all([call('Download', inForce.download), call('Upload', inForce.upload)]);
    return { ...(download !== undefined && { download: inForce.download }), ...(upload !== undefined && { upload: inForce.upload }) };
  }

  async stats(infohash: string): Promise<SwarmStats> {
    const [info, properties, pieceStates, peers] = await Promise.all([
      this.#info(infohash),
      this.#api.json<TorrentProperties>('torrents/properties', { hash: infohash }),
      this.#api.json<readonly number[]>('torrents/pieceStates', { hash: infohash }),
      this.#api.json<TorrentPeers>('sync/torrentPeers', { hash: infohash, rid: 0 }),
    ]);
    if (!info || !properties) throw unknown(infohash);
    const added = this.#added.get(infohash);
    const cut = added?.manifest ?? { size: info.size, pieceLength: properties.piece_size };
    const stats = swarmStats({ info, properties, pieceStates: pieceStates ?? [], peers }, cut);
    if (stats.state !== 'failed') return added?.pause && stats.state !== 'checking' ? { ...stats, state: 'paused' } : stats;
    const failure = await this.#lastWords(info.name);
    return failure === undefined ? stats : { ...stats, failure };
  }

  async move(infohash: string, path: string): Promise<void> {
    const added = this.#added.get(infohash);
    if (!added) throw unknown(infohash);
    await this.#files.move(added.manifest, path);
  }

  /**
   * Told to stop, it hangs up on all peers, and calls none of them again for a minute. So at first it only gets a limit at which nothing moves, and
   * is told to stop before the silence has its peers hang up.
   */
  async pause(infohash: string): Promise<void> {
    const added = this.#added.get(infohash);
    if (!added) throw unknown(infohash);
    if (added.pause) return;
    added.pause = setTimeout(() => void this.#stop(infohash).catch(() => undefined), this.#silenceMs).unref();
    await this.#setLimits(infohash, { download: 1, upload: 1 });
  }

  async resume(infohash: string): Promise<void> {
    const added = this.#added.get(infohash);
    if (!added) throw unknown(infohash);
    clearTimeout(added.pause);
    added.pause = undefined;
    const [, start] = await this.#words();
    await this.#api.post(`torrents/${start}`, { hashes: infohash });
    await this.#setLimits(infohash, added.limits);
  }

  async remove(infohash: string): Promise<void> {
    clearTimeout(this.#added.get(infohash)?.pause);
    this.#added.delete(infohash);
    await this.#api.post('torrents/delete', { hashes: infohash, deleteFiles: false });
    await this.#files.unlink(infohash);
  }

  async dispose(): Promise<void> {
    for (const { pause } of this.#added.values()) clearTimeout(pause);
    this.#api.close();
  }

  async #stop(infohash: string): Promise<void> {
    const [stop] = await this.#words();
    if (this.#added.get(infohash)?.pause) await this.#api.post(`torrents/${stop}`, { hashes: infohash });
  }

  async #info(infohash: string): Promise<TorrentInfo | undefined> {
    return (await this.#api.json<readonly TorrentInfo[]>('torrents/info', { hashes: infohash }))?.[0];
  }

  /** Since 5.0 nothing is paused any more, but stopped. */
  #words(): Promise<readonly [stop: string, start: string]> {
    this.#stopWord ??= this.#api.text('app/webapiVersion').then((version) => {
      const [major = 0, minor = 0] = version.split('.').map(Number);
      return major > 2 || minor >= 11 ? ['stop', 'start'] : ['pause', 'resume'];
    });
    this.#stopWord.catch(() => (this.#stopWord = undefined));
    return this.#stopWord;
  }

  async #lastWords(name: string): Promise<string | undefined> {
    const kinds = { normal: false, info: false, warning: true, critical: true, last_known_id: -1 };
    return lastWords((await this.#api.json<readonly LogLine[]>('log/main', kinds)) ?? [], name);
  }
}

/** Rounded down to a step, and never to 0, which is none. */
function limitOf(limit: number | undefined, step = 1): number {
  return limit === undefined ? 0 : Math.max(step, Math.floor(limit / step) * step);
}

/** In its words. A name that cannot be looked up has no addresses: it may have some when the peers are told again. */
async function addressesOf({ host, port }: SwarmPeer): Promise<readonly string[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => (isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`));
}

function unknown(infohash: string): ImageError {
  return new ImageError(`the swarm engine has no image with the infohash ${infohash}; add it first`, {
    code: 'SOURCE_MISSING',
    origin: 'driver',
    driver: 'p2p-precache',
    details: { infohash },
  });
}
