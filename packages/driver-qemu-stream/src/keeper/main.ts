import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { keeperSockets } from './keeper-directory.ts';
import { Keeper } from './keeper.ts';

const directory = process.argv[2] ?? '';
const { control } = keeperSockets(directory);

// Who started us reads this until we answer; then nobody does.
process.stderr.on('error', () => undefined);
process.on('SIGHUP', () => undefined);

const server = createServer();
const keeper = new Keeper(directory, () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void keeper.end());
server.on('connection', (socket) => keeper.hear(socket));
server.listen(control, () => void chmod(control, 0o600));
