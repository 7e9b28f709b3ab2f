import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attachedClients, countConnected } from './attached-clients.ts';

it('counts those who are connected, and not who listens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'image-api-attached-'));
  const path = join(folder, 'disk');
  const server = createServer().listen(path);
  await once(server, 'listening');
  expect(await attachedClients(path)).toBe(0);
  const clients = [connect(path), connect(path)];
  await Promise.all(clients.map((client) => once(client, 'connect')));
  await expect.poll(() => attachedClients(path)).toBe(2);
  for (const client of clients) client.destroy();
  server.close();
  await rm(folder, { recursive: true });
});

it('takes no other path for the one that is asked for', () => {
  const row = (state: string, path: string): string => `00000000ef28deb0: 00000003 00000000 00000000 0001 ${state} 11745583 ${path}\n`;
  expect(countConnected(`Num RefCount\n${row('03', '/a/disk2')}${row('01', '/a/disk')}${row('03', '/a/disk')}`, '/a/disk')).toBe(1);
});
