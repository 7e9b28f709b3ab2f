import { execFileSync } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDriver, stageFiles } from '@image-api/conformance';
import type { ConformanceOptions } from '@image-api/conformance';
import { afterAll, beforeAll, describe } from 'vitest';
import { openSwarmEngine } from '../src/engine/open-swarm-engine.ts';
import type { SwarmEngine } from '../src/engine/swarm-engine.ts';
import { p2pPrecache } from '../src/index.ts';
import type { P2pPrecacheDriver } from '../src/index.ts';
import { engineMissing } from './engine-lab.ts';
import { RuntimeDirectory } from './own-runtime.ts';

// A swarm takes seconds to begin and to end each copy, so what does not depend on it is tried on the cached route; all of it with CHECK_ALL.

/** Two machines, as far as anybody can tell. */
const [publishing, fetching] = [{ address: '127.0.1.1' }, { address: '127.0.1.2' }];
let folder = '/nonexistent';
let runtime: RuntimeDirectory | undefined;
/** A driver leaves the engine to all processes of its user: so it is not of a copy. */
let engines: readonly SwarmEngine[] = [];

/** At a limit, three seconds without a piece are nothing unusual. */
const create = (): P2pPrecacheDriver => p2pPrecache({ cacheDir: join(folder, 'fetcher'), listen: fetching, stallMs: 6000 });

/** Each image is given away by an engine; the source is its manifest, without which nobody can ask for it. */
const stagePublished: ConformanceOptions['stage'] = async (content, hosts) => {
  const stage = await stageFiles()(content, hosts);
  const publisher = p2pPrecache({ cacheDir: join(folder, 'publisher'), listen: publishing });
  const { entry } = await publisher.cache.put({ from: stage.from.href }, async (path) => {
    execFileSync('cp', ['--sparse=always', '--', stage.files.from, path]);
    return {};
  });
  const { sha256 } = entry;
  const published = await publisher.publish(sha256);
  await writeFile(stage.files.from, published.manifest);
  const { part, image } = create().cache.placesOf(sha256);
  const { host, port } = published.peer;
  const params = { manifest: stage.files.from, peer: `${host}:${port}` };
  const { to } = stage.hosts;
  return {
    ...stage,
    from: { scheme: 'p2p', path: `sha256-${sha256}`, params, href: published.uriWith(stage.files.from) },
    hosts: to ? { to } : {},
    files: { ...stage.files, before: [part, image] },
    breakSource: async () => {
      await publisher.unpublish(sha256);
      return async () => void (await publisher.publish(sha256));
    },
  };
};

describe.skipIf(engineMissing !== undefined)(`from peers${engineMissing === undefined ? '' : ` (skipped: ${engineMissing})`}`, () => {
  beforeAll(async () => {
    runtime = await RuntimeDirectory.create();
    folder = await mkdtemp(join(await realpath(tmpdir()), 'swarm-conformance-'));
    engines = await Promise.all([publishing, fetching].map((listen) => openSwarmEngine(listen)));
  });
  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.dispose()));
    await runtime?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const groups: ConformanceOptions['groups'] = ['resume', 'delta', 'cache', 'limits', 'pause'];
  describeDriver('p2p-precache', { create, stage: stagePublished, lagMs: 2000, ...(!process.env['CHECK_ALL'] && { groups }) });
});
