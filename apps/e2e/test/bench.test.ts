import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { whatIsMissing } from '../src/requirements.ts';

const bench = fileURLToPath(new URL('../../bench/', import.meta.url));

const missing = whatIsMissing(['scp', 'rsync', 'zstd', 'nbdcopy', 'qemu-nbd', 'qemu-img', 'mkfs.ext4', 'losetup']);
const skipped = missing !== undefined && !process.env['CI'];

describe.skipIf(skipped)(`the benches, with small images${skipped ? ` (skipped: ${missing})` : ''}`, () => {
  it('measure ours and every peer, and make the page of it', async () => {
    const into = await mkdtemp(join(tmpdir(), 'image-api-bench-smoke-'));
    try {
      const words = ['src/bench.ts', 'local', 'ssh-unlimited-qcow2', '--rounds', '1', '--size', '64', '--into', into];
      await execa('jiti', words, { cwd: bench, preferLocal: true, localDir: bench, stdin: 'ignore' });
      const scenarios = (await readdir(join(into, 'results'))).map((name) => name.replace(/-\d{4}-.*/, ''));
      expect(scenarios).toEqual(['local', 'ssh-unlimited-qcow2']);
      const page = await readFile(join(into, 'docs/benchmarks.md'), 'utf8');
      for (const direction of ['up', 'down']) expect(page).toContain(`### ssh, no link between, qcow2, ${direction}`);
      for (const peer of ['scp', 'rsync --whole-file', 'tar -S, ssh', 'nbdcopy, forwarded', 'qemu-img convert, forwarded'])
        expect(page.match(new RegExp(String.raw`\| ${peer} \| \d`, 'g')), peer).toHaveLength(2);
      expect(page).toContain('The plan was ssh: only the data');
    } finally {
      await rm(into, { recursive: true, force: true });
    }
  });
});
