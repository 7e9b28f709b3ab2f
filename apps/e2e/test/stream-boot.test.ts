import { existsSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectNobodyAtWork, expectStandsAlone } from '../src/expect-alone.ts';
import { cutNetwork } from '../src/faults-far/network.ts';
import { nbdDisk } from '../src/guest-args.ts';
import { debianDisk } from '../src/guest-debian.ts';
import { makeGuestDisk } from '../src/guest-disk.ts';
import { guestTools } from '../src/guest-requirements.ts';
import { startGuest } from '../src/guest.ts';
import { serveImage } from '../src/image-server.ts';
import { linesOf } from '../src/result-lines.ts';
import { startStreamedCopy, streamFlags, streamTools } from '../src/streamed-copy.ts';

const mebibyte = 1024 * 1024;
/** Ready whatever the size, also on a busy machine. */
const readyMs = 3000;

const options = { hosts: { store: { room: '6g' } }, rate: '100mbit', tools: [...guestTools, ...streamTools] };

describeLab('a guest that boots from an image that is still coming', options, (lab) => {
  const data = randomBytes(48 * mebibyte);
  const digest = createHash('sha256').update(data).digest('hex');
  beforeAll(async () => {
    await makeGuestDisk(lab().host('store').outside('/srv/disk.raw'), { mebibytes: 160, files: { data } });
    // Without any set-up the library goes by the user's own ssh configuration.
    await lab().here.run(['cp', '/etc/ssh/lab.conf', '/etc/ssh/ssh_config']);
  });

  it.each(['http', 'nbd', 'ssh'] as const)('writes to it, and goes on when its source is taken away: %s', async (servedBy) => {
    const { here } = lab();
    const store = lab().host('store');
    const to = `/srv/by-${servedBy}.qcow2`;
    const server = await serveImage(store, servedBy, '/srv/disk.raw');
    onTestFinished(() => server.stop());
    const copy = startStreamedCopy(here, { from: server.address, to, bandwidth: 2 * mebibyte });
    const ready = await copy.order('ready');
    expect(ready.ms, 'milliseconds until it could be used').toBeLessThan(readyMs);
    const guest = await startGuest({ host: here, disks: [nbdDisk(ready.uri!)], root: '/dev/vda' });
    onTestFinished(() => guest.kill());
    await guest.run('echo while it came >/root/early; sync');
    expect(existsSync(here.outside(to)), 'published before it was complete').toBe(false);
    await copy.order('limit none');
    expect(await copy.over).toMatchObject({ verb: 'result', driver: 'qemu-stream', verified: { by: 'chain' } });

    await server.stop();
    const mend = await cutNetwork(store);
    try {
      expect(await guest.run('sha256sum </root/data')).toBe(`${digest}  -\n`);
      await guest.run('echo on its own >/root/late; sync');
      await guest.shutdown();
    } finally {
      await mend();
    }
    await expectNobodyAtWork(here);
    await expectStandsAlone(here.outside(to), { '/root/early': 'while it came\n', '/root/late': 'on its own\n' });
  });

  it('is given the image by imagectl copy --ready, which leaves the rest to the background', async () => {
    const { here } = lab();
    const to = '/srv/by-imagectl.qcow2';
    const server = await serveImage(lab().host('store'), 'nbd', '/srv/disk.raw');
    onTestFinished(() => server.stop());
    const flags = streamFlags.filter((word) => word !== '--needs' && word !== 'readyEarly');
    const words = ['copy', server.address, to, '--ready', '--limit', '2MiB/s', '--json', ...flags];
    const told = await lab().imagectl(words);
    expect(told.exitCode, told.story).toBe(0);
    const { type, id, uri } = linesOf(told).at(-1) ?? { type: 'nothing' };
    expect({ type, id, uri }, told.story).toEqual({ type: 'ready', id: expect.any(String), uri: expect.stringMatching(/^nbd\+unix:/) });
    const guest = await startGuest({ host: here, disks: [nbdDisk(String(uri))], root: '/dev/vda' });
    onTestFinished(() => guest.kill());
    await guest.run('echo while it came >/root/early; sync');
    const tasks = linesOf(await lab().imagectl(['tasks', '--json'], { noSshConfig: true })).find((task) => task['id'] === id);
    expect(tasks, 'the copy among the tasks').toMatchObject({ state: 'running', ready: uri });
    expect((await lab().imagectl(['limit', String(id), 'none'], { noSshConfig: true })).exitCode).toBe(0);
    await expect.poll(() => existsSync(here.outside(to)), { timeout: 60_000, interval: 100 }).toBe(true);
    await server.stop();
    expect(await guest.run('sha256sum </root/data')).toBe(`${digest}  -\n`);
    await guest.shutdown();
    await expectNobodyAtWork(here);
    await expectStandsAlone(here.outside(to), { '/root/early': 'while it came\n' });
  });

  it.runIf(process.env['CHECK_ALL'])(
    'is a whole Debian',
    async () => {
      const { here } = lab();
      const store = lab().host('store');
      const { disk, ...system } = await debianDisk();
      const to = '/srv/large/debian.qcow2';
      await here.run(['mkdir', '/srv/large']);
      await here.run(['mount', '-t', 'tmpfs', '-o', 'size=6g', 'large', '/srv/large']);
      await store.run(['cp', '--sparse=always', disk, '/srv/debian.raw']);
      const server = await serveImage(store, 'nbd', '/srv/debian.raw');
      onTestFinished(() => server.stop());
      const copy = startStreamedCopy(here, { from: server.address, to, bandwidth: mebibyte });
      const { uri } = await copy.order('ready');
      const disks = [nbdDisk(uri!)];
      const guest = await startGuest({ host: here, system, disks, root: '/dev/vda', memoryMebibytes: 512, bootMs: 300_000 });
      onTestFinished(() => guest.kill());
      await guest.run('grep -q ^ID=debian /etc/os-release && echo while it came >/root/early && sync');
      await copy.order('limit none');
      expect(await copy.over).toMatchObject({ verb: 'result', verified: { by: 'chain' } });
      await server.stop();
      const mend = await cutNetwork(store);
      try {
        await guest.run('dpkg --verify && echo on its own >/root/late && sync', { deadlineMs: 300_000 });
        await guest.shutdown();
      } finally {
        await mend();
      }
      await expectNobodyAtWork(here);
      await expectStandsAlone(here.outside(to), { '/root/early': 'while it came\n', '/root/late': 'on its own\n' });
    },
    900_000,
  );
});
