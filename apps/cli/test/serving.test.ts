import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { qemuStream } from '@image-api/driver-qemu-stream';
import { createImageApi } from 'image-api';
import { expect, it } from 'vitest';
import { imagectl, isBuilt, testDirectory } from './run-imagectl.ts';

const hasQemu = spawnSync('qemu-storage-daemon', ['--version']).status === 0;

it.skipIf(!isBuilt || !hasQemu)(
  'imagectl cancel lets go of an image that is served on and that nobody uses',
  { timeout: 20_000 },
  async () => {
    const directory = await testDirectory();
    const to = join(directory, 'disk.qcow2');
    await writeFile(join(directory, 'disk.raw'), Buffer.alloc(2 ** 20, 'x'));
    const images = createImageApi({ drivers: [qemuStream()] });
    try {
      const task = images.copy(join(directory, 'disk.raw'), to, { format: 'raw', toFormat: 'qcow2', needs: ['readyEarly'] });
      await task.wait();
      const id = task.id.slice(0, 8);
      expect((await imagectl(directory, 'tasks')).stdout).toContain(`${id}: nobody is attached at ${task.image?.uri}\n`);
      const cancelled = await imagectl(directory, 'cancel', id);
      expect(cancelled).toMatchObject({ status: 0, stdout: `${id} is no longer served: file://${to}, it is complete\n`, stderr: '' });
      expect((await imagectl(directory, 'tasks')).stdout).not.toContain(id);
      expect(await imagectl(directory, 'cancel', id)).toMatchObject({ status: 2 });
    } finally {
      await images.dispose();
    }
  },
);
