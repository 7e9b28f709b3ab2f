import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHosts } from '@image-api/host';
import type { ListenWish } from '../src/engine/qbittorrent/choose-ports.ts';
import { localPlace } from '../src/engine/qbittorrent/file-place.ts';
import { QbittorrentEngine } from '../src/engine/qbittorrent/qbittorrent-engine.ts';
import { startQbittorrent } from '../src/engine/qbittorrent/start-qbittorrent.ts';
import type { Qbittorrent } from '../src/engine/qbittorrent/start-qbittorrent.ts';
import { hashImage } from '../src/manifest/hash-image.ts';
import { manifestOf } from '../src/manifest/manifest.ts';
import type { Manifest } from '../src/manifest/manifest.ts';

export const mib: number = 2 ** 20;

// Asked for its version, it would make itself a home.
const isThere = spawnSync('sh', ['-c', 'command -v qbittorrent-nox']).status === 0;
/** Why the tests that need an engine are skipped here. */
export const engineMissing: string | undefined = isThere || process.env['CI'] ? undefined : 'qbittorrent-nox is not installed';

/** An image, and what swarms know of it. */
export interface LabImage {
  readonly path: string;
  readonly manifest: Manifest;
  readonly torrent: Uint8Array;
}

/** Engines on addresses of the loopback interface, and images. Gone when it is disposed of. */
export class EngineLab implements AsyncDisposable {
  readonly folder: string;
  readonly #engines: QbittorrentEngine[] = [];
  readonly #processes: Qbittorrent[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<EngineLab> {
    return new EngineLab(await mkdtemp(join(await realpath(tmpdir()), 'swarm-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** One that listens at `127.0.0.<number>`. */
  async engine(
    number: number,
    { silenceMs, ...wish }: ListenWish & { readonly silenceMs?: number } = {},
  ): Promise<{ readonly engine: QbittorrentEngine; readonly process: Qbittorrent }> {
    const directory = this.path(`engine-${number}`);
    const process = await startQbittorrent({ host: createHosts().local, directory, listen: { address: `127.0.0.${number}`, ...wish } });
    const engine = new QbittorrentEngine({ ...process, files: localPlace(join(directory, 'files')), ...(silenceMs && { silenceMs }) });
    this.#engines.push(engine);
    this.#processes.push(process);
    return { engine, process };
  }

  /** An image of so many MiB, with noise at these places, also in MiB, and holes elsewhere. */
  async image(name: string, size: number, noise: readonly (readonly [at: number, length: number])[] = [[0, size]]): Promise<LabImage> {
    const path = this.path(name);
    const file = await open(path, 'w');
    await file.truncate(size * mib);
    for (const [at, length] of noise) await file.write(randomBytes(length * mib), 0, length * mib, at * mib);
    await file.sync();
    await file.close();
    return { path, ...manifestOf(await hashImage(path)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.dispose()));
    await Promise.all(this.#processes.map((process) => process.end()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
