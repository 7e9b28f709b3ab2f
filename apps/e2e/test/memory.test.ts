import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import type { LabHost } from '../src/lab-host.ts';
import { startNginx } from '../src/nginx-server.ts';

const mebibyte = 1024 * 1024;
/** Of which an eighth is data: what holes need is held to the same. */
const size = 1024 * mebibyte;
const most = 120 * mebibyte;

/** The slower ones are tried by `npm run check -- --all`. */
const all = process.env['CHECK_ALL'] === '1';

/** The process tells when it ends how much memory it had in use at most; what it starts is no part of that. */
const telling = `--import=data:text/javascript,${encodeURIComponent(
  `process.on('exit', () => process._rawDebug('maxRSS ' + process.resourceUsage().maxRSS));`,
)}`;

describeLab('the memory of a copy', { hosts: { far: {} }, tools: ['nginx'] }, (lab) => {
  beforeAll(async () => {
    await writeImage(lab().here);
    await writeImage(lab().host('far'));
  });

  async function expectLittle(from: string, to: string, ...words: readonly string[]): Promise<void> {
    const result = await lab().imagectl(['copy', from, to, ...words], { env: { NODE_OPTIONS: telling } });
    expectExit(result, 0);
    const kibibytes = Number(/^maxRSS (\d+)$/m.exec(result.stderr)?.[1]);
    expect(kibibytes * 1024, result.story).toBeLessThan(most);
  }

  it('is little within this machine, with a digest, too', async () => {
    await lab().here.run(['mkdir', '-p', '/srv/out']);
    await expectLittle('/srv/disk.raw', '/srv/out/local.raw', '--json');
    await expectLittle('/srv/disk.raw', '/srv/out/local.raw', '--json', '--verify', 'sha256', '--overwrite', 'replace');
  });

  it.runIf(all).each([
    ['to another host', '/srv/disk.raw', 'far:/srv/up.raw'],
    ['from another host', 'far:/srv/disk.raw', '/srv/out/down.raw'],
  ])('is little %s', async (_, from, to) => {
    await lab().here.run(['mkdir', '-p', '/srv/out']);
    await expectLittle(from, to, '--json', '--verify', 'sha256');
  });

  it.runIf(all).each(['/srv/out/web.raw', 'far:/srv/web.raw'])(
    'is little from a web server, in many ranges and with a digest: %s',
    async (to) => {
      const nginx = await startNginx(lab().host('far'));
      try {
        await lab().here.run(['mkdir', '-p', '/srv/out']);
        await expectLittle(`${nginx.origin}/disk.raw`, to, '--json', '--verify', 'sha256');
      } finally {
        await nginx.stop();
      }
    },
  );
});

async function writeImage(host: LabHost): Promise<void> {
  const image = await open(host.outside('/srv/disk.raw'), 'w');
  await image.truncate(size);
  const data = randomBytes(16 * mebibyte);
  for (let at = 0; at < size; at += size / 8) await image.write(data, 0, data.length, at);
  await image.close();
}
