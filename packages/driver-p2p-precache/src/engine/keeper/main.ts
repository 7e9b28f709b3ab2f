import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createPrivateDirectory } from '@image-api/host';
import type { ListenWish } from '../qbittorrent/choose-ports.ts';
import { SwarmKeeper } from './swarm-keeper.ts';
import { SwarmService } from './swarm-service.ts';

const [control = '', listen = '{}'] = process.argv.slice(2);

// Who started us reads this until we answer; then nobody does.
process.stderr.on('error', () => undefined);
process.on('SIGHUP', () => undefined);

const directory = createPrivateDirectory();
const server = createServer();
const service = new SwarmService(directory.path, JSON.parse(listen) as ListenWish, () => void keeper.end());
const keeper = new SwarmKeeper(service, {
  // It takes the socket's name away at once, so that the next one can have it.
  onEnding: () => void server.close(),
  onEnded: () => {
    directory.remove();
    process.exit(0);
  },
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void keeper.end());
server.on('connection', (socket) => keeper.hear(socket));
server.listen(control, () => void chmod(control, 0o600));
