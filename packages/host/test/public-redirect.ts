import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { openWebReader } from '../src/web/open-web-reader.ts';
import { startRangeServer } from './range-server.ts';

// A program of its own, because it has to run where a public address is on the loopback interface: in a network of its own.
const address = '93.184.215.14';
for (const words of [
  ['link', 'set', 'lo', 'up'],
  ['addr', 'add', `${address}/32`, 'dev', 'lo'],
]) {
  const made = spawnSync('ip', words, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`ip: ${made.stderr}`);
}
const content = randomBytes(100_000);
const typed = await startRangeServer(content);
const far = await startRangeServer(content, undefined, '0.0.0.0');
const asked: string[] = [];
typed.handle = (_request, response) => !!response.writeHead(302, { location: `http://images.example:${far.port}/disk` }).end();
const reader = await openWebReader(`${typed.origin}/disk`, {
  // Another answer than the first would lead to this machine.
  resolve: (host, done) => {
    asked.push(host);
    done(null, [{ address: asked.length === 1 ? address : '127.0.0.1', family: 4 }]);
  },
});
const same = content.equals(await reader.read(0, content.length));
far.cutConnections();
const rebound: unknown = await reader.read(0, 10).catch((error: unknown) => error);
process.stdout.write(JSON.stringify({ same, asked, hosts: far.asked.map(({ headers }) => headers.host), rebound: String(rebound) }));
await reader.close();
await Promise.all([typed.close(), far.close()]);
