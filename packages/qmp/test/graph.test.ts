import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blockChain, connectQmp, readGraph } from '../src/index.ts';
import { hasStorageDaemon, startStorageDaemon } from './qemu.ts';

it.skipIf(!hasStorageDaemon)('shows the chain under a node, with filters and files', async () => {
  await using daemon = await startStorageDaemon();
  const qmp = await connectQmp(daemon.monitor);
  const path = (name: string): string => join(daemon.directory, name);
  for (const name of ['base', 'middle', 'top']) spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', path(name), '1M']);
  await qmp.execute('blockdev-add', { driver: 'qcow2', 'node-name': 'base', file: { driver: 'file', filename: path('base') } });
  await qmp.execute('object-add', { 'qom-type': 'throttle-group', id: 'group' });
  await qmp.execute('blockdev-add', { driver: 'throttle', 'node-name': 'slow', 'throttle-group': 'group', file: 'base' });
  const over = (name: string, backing: string) => ({
    driver: 'qcow2',
    'node-name': name,
    file: { driver: 'file', filename: path(name) },
    backing,
  });
  await qmp.execute('blockdev-add', over('middle', 'slow'));
  await qmp.execute('blockdev-add', over('top', 'middle'));
  await qmp.execute('blockdev-add', { driver: 'copy-on-read', 'node-name': 'filter', file: 'top' });
  const chain = blockChain(await readGraph(qmp), 'filter');
  expect(chain.map(({ node, driver, filter, storage, size }) => [node, driver, filter, storage?.filename, size])).toEqual([
    ['filter', 'copy-on-read', true, undefined, 1048576],
    ['top', 'qcow2', false, path('top'), 1048576],
    ['middle', 'qcow2', false, path('middle'), 1048576],
    ['slow', 'throttle', true, undefined, 1048576],
    ['base', 'qcow2', false, path('base'), 1048576],
  ]);
  expect(blockChain(await readGraph(qmp), 'nothing')).toEqual([]);
  await qmp.close();
});
