import { mkdir, open } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied, expectExit } from '../src/expect-copied.ts';
import { sha256, writeRandomImage } from '../src/image-files.ts';
import { linesOf, resultOf } from '../src/result-lines.ts';
import { trafficOf } from '../src/traffic.ts';

const mebibyte = 1024 * 1024;

describeLab('what a copy tells', { hosts: { alpha: {} } }, (lab) => {
  let digest = '';
  beforeAll(async () => {
    digest = await writeRandomImage(lab().here.outside('/srv/disk.raw'), 32);
    for (const host of lab().all) await mkdir(host.outside('/srv/out'));
  });

  const bySize = { by: 'size' };
  it.each([
    ['here', '/srv/out/x.raw', [], () => bySize],
    ['here', '/srv/out/x.raw', ['--overwrite', 'replace', '--verify', 'content'], () => ({ by: 'content', readBack: 'sample' })],
    ['alpha', 'alpha:/srv/out/x.raw', [], () => bySize],
    ['alpha', 'alpha:/srv/out/x.raw', ['--overwrite', 'replace', '--verify', 'content'], () => ({ by: 'content' })],
    [
      'alpha',
      'alpha:/srv/out/x.raw',
      ['--limit', '16MiB/s', '--overwrite', 'replace', '--verify', 'sha256'],
      () => ({ by: 'sha256', digest: `sha256:${digest}` }),
    ],
  ])('with --json is one object a line, the last one the result: to %s as %s', async (host, to, args, verified) => {
    const result = await lab().imagectl(['copy', '/srv/disk.raw', to, '--json', ...args]);
    await expectCopied(result, { host: lab().host(host), path: '/srv/out/x.raw' }, digest);
    const lines = linesOf(result);
    const types = lines.map(({ type }) => type);
    expect(types[0] === 'plan' || types[0] === 'state', result.story).toBe(true);
    expect(types.filter((type) => type === 'plan')).toHaveLength(1);
    expect(types.filter((type) => type === 'attempt')).toHaveLength(1);
    expect(types.filter((type) => type === 'result')).toHaveLength(1);
    expect(types).toContain('progress');
    const told = resultOf(result);
    expect(told).toMatchObject({
      driver: host === 'here' ? 'cp' : 'ssh',
      attempts: [{ number: 1 }],
      size: 32 * mebibyte,
      verified: verified(),
    });
    expect(told.counters.bytesLogical).toBe(32 * mebibyte);
    expect(Object.keys(told.counters).toSorted()).toEqual(['bytesLogical', 'bytesRead', 'bytesSent', 'bytesSkipped']);
    expect(told.seconds).toBeGreaterThan(0);
    expect(told.seconds).toBeLessThan(result.seconds);
  });

  it('without --json is nothing on stdout, and who copied what, and how it was verified, on stderr', async () => {
    const result = await lab().imagectl(['copy', '/srv/disk.raw', '/srv/plain.raw']);
    expectExit(result, 0);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(/cp copies/);
    expect(result.stderr).toMatch(/verified by size/);
  });

  it('counts few bytes on the wire for a delta onto an old destination', async () => {
    const { here } = lab();
    const alpha = lab().host('alpha');
    expectExit(await lab().imagectl(['copy', '/srv/disk.raw', 'alpha:/srv/out/delta.raw']), 0);
    const image = await open(here.outside('/srv/disk.raw'), 'r+');
    await image.write(Buffer.alloc(64 * 1024, 'changed'), 0, 64 * 1024, 17 * mebibyte);
    await image.close();
    const changed = await sha256(here.outside('/srv/disk.raw'));

    const before = await trafficOf(here);
    const result = await lab().imagectl([
      'copy',
      '/srv/disk.raw',
      'alpha:/srv/out/delta.raw',
      '--overwrite',
      'replace',
      '--delta',
      '--json',
    ]);
    const after = await trafficOf(here);
    expectExit(result, 0);
    expect(await sha256(alpha.outside('/srv/out/delta.raw')), result.story).toBe(changed);
    expect(after.sent - before.sent, result.story).toBeLessThan(2 * mebibyte);
    expect(after.received - before.received, result.story).toBeLessThan(2 * mebibyte);
    expect(resultOf(result).counters.bytesSent, result.story).toBeLessThan(2 * mebibyte);
  });
});
