import { existsSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHosts } from '../src/index.ts';
import type { Hosts } from '../src/index.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

let sshd: RealSshd;
let hosts: Hosts;
let server: Server;
beforeEach(async (context) => {
  if (sshdMissing !== undefined) context.skip(sshdMissing);
  sshd = await startSshd();
  hosts = createHosts({ ssh: { configFile: sshd.configFile } });
  server = createServer((socket) => socket.on('error', () => undefined).end('from over there')).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  await hosts?.close();
  await sshd?.stop();
  server?.close();
});

async function readAll(path: string): Promise<string> {
  const socket = connect(path).setEncoding('utf8');
  let said = '';
  for await (const piece of socket) said += String(piece);
  return said;
}

const port = (): number => (server.address() as AddressInfo).port;

it('leads through the shared connection to a port over there, until it is closed', async () => {
  const host = hosts.ssh({ host: sshd.alias });
  const forward = await hosts.forward(host, port());
  expect(await readAll(forward.socketPath)).toBe('from over there');
  await host.run('true', []);
  expect(sshd.sessions()).toBe(1);
  await forward.close();
  expect(existsSync(forward.socketPath)).toBe(false);
  await expect(readAll(forward.socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('is made anew when the connection was lost', async () => {
  const host = hosts.ssh({ host: sshd.alias });
  await hosts.forward(host, port());
  sshd.cutSessions();
  await expect.poll(() => sshd.sessions()).toBe(0);
  await expect
    .poll(async () => readAll((await hosts.forward(host, port())).socketPath).catch(() => ''), { timeout: 5000 })
    .toBe('from over there');
});

it('leaves nothing behind', async () => {
  const { socketPath } = await hosts.forward(hosts.ssh({ host: sshd.alias }), port());
  expect(existsSync(socketPath)).toBe(true);
  await hosts.close();
  expect(existsSync(socketPath)).toBe(false);
});
