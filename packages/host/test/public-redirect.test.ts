import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const own = ['--user', '--map-root-user', '--net'];
const noNetwork = spawnSync('unshare', [...own, 'ip', 'link', 'set', 'lo', 'up']).status !== 0;

it.skipIf(noNetwork)('a redirection to a public name is followed, to the very address that was looked at', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'image-api-redirect-'));
  try {
    const outfile = join(directory, 'program.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('public-redirect.ts', import.meta.url))],
      alias: { '@image-api/driver': fileURLToPath(new URL('../../driver/src/index.ts', import.meta.url)) },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
    });
    const { stdout } = await promisify(execFile)('unshare', [...own, process.execPath, outfile], { timeout: 15_000 });
    expect(JSON.parse(stdout)).toEqual({
      same: true,
      asked: ['images.example', 'images.example'],
      hosts: [expect.stringMatching(/^images\.example:/), expect.stringMatching(/^images\.example:/)],
      rebound: expect.stringContaining('which has an address that is not public'),
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});
