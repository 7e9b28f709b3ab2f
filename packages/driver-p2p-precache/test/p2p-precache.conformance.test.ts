import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { describeDriver, stageFiles } from '@image-api/conformance';
import type { ConformanceOptions } from '@image-api/conformance';
import { afterAll, beforeAll } from 'vitest';
import { p2pPrecache } from '../src/index.ts';

let cacheDir = '/nonexistent';
beforeAll(async () => {
  cacheDir = await mkdtemp(join(await realpath(tmpdir()), 'precache-conformance-'));
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

const create = (): ReturnType<typeof p2pPrecache> => p2pPrecache({ cacheDir });

/** Each image is in the cache, and the source is what the cache holds of it. */
const stageCached: ConformanceOptions['stage'] = async (content, hosts) => {
  const stage = await stageFiles()(content, hosts);
  const { entry } = await create().cache.put({ from: stage.from.href }, async (path) => {
    execFileSync('cp', ['--sparse=always', '--', stage.files.from, path]);
    return {};
  });
  const path = `sha256-${entry.sha256}`;
  const { to } = stage.hosts;
  return {
    ...stage,
    from: { scheme: 'p2p', path, params: {}, href: `p2p:${path}` },
    files: { ...stage.files, from: entry.path },
    hosts: to ? { to } : {},
  };
};

describeDriver('p2p-precache', { create, stage: stageCached });
