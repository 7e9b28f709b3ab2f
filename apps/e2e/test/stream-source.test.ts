import { dirname } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectNobodyAtWork, expectSameContent, expectStandsAlone } from '../src/expect-alone.ts';
import { cutNetwork } from '../src/faults-far/network.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { serveImage } from '../src/image-server.ts';
import { untilArrived } from '../src/steered-copy.ts';
import { startStreamedCopy, streamTools } from '../src/streamed-copy.ts';

const mebibyte = 1024 * 1024;
const awayMs = 4000;

describeLab('an image whose source goes away while it comes', { hosts: { store: {} }, rate: '100mbit', tools: streamTools }, (lab) => {
  beforeAll(async () => {
    await writeRandomImage(lab().host('store').outside('/srv/disk.raw'), 48);
    await lab().here.run(['cp', '/etc/ssh/lab.conf', '/etc/ssh/ssh_config']);
  });

  it.each([
    ['http', 'is not served for a while'],
    ['nbd', 'is not served for a while'],
    ['http', 'cannot be reached for a while'],
    ['nbd', 'cannot be reached for a while'],
    ['ssh', 'cannot be reached for a while'],
  ] as const)('comes on when it is back, and is whole: by %s it %s', async (servedBy, what) => {
    const { here } = lab();
    const store = lab().host('store');
    const to = `/srv/${servedBy}-${what.includes('served') ? 'stopped' : 'cut'}/disk.qcow2`;
    const directory = dirname(here.outside(to));
    await mkdir(directory);
    let server = await serveImage(store, servedBy, '/srv/disk.raw');
    onTestFinished(() => server.stop());
    const copy = startStreamedCopy(here, { from: server.address, to, bandwidth: 6 * mebibyte });
    const { uri } = await copy.order('ready');
    await untilArrived(copy, directory, 8 * mebibyte);

    if (what.includes('served')) {
      await server.stop();
      await delay(awayMs);
      server = await serveImage(store, servedBy, '/srv/disk.raw');
    } else {
      const mend = await cutNetwork(store);
      const reading = here.run(['qemu-io', '-f', 'raw', '-c', 'read -q 47M 64k', uri!]);
      try {
        await Promise.all([
          delay(awayMs),
          expect(Promise.race([reading.then(() => 'read'), delay(awayMs - 500, 'waiting')])).resolves.toBe('waiting'),
        ]);
      } finally {
        await mend();
      }
      await reading;
    }

    await copy.order('limit none');
    expect(await copy.over).toMatchObject({ verb: 'result', driver: 'qemu-stream' });
    await server.stop();
    await expectNobodyAtWork(here);
    await expectStandsAlone(here.outside(to));
    await expectSameContent(store.outside('/srv/disk.raw'), here.outside(to));
  });
});
