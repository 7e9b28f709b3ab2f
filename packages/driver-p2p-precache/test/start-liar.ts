import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { SwarmPeer } from '../src/engine/swarm-engine.ts';
import type { Manifest } from '../src/manifest/manifest.ts';

/** A member of a swarm that says it has everything, and sends garbage. */
export interface Liar extends AsyncDisposable {
  readonly listening: SwarmPeer;
  /** Bytes of garbage. */
  readonly sent: number;
  /** How often somebody shook hands with it. */
  readonly connections: number;
}

const protocol = Buffer.concat([Buffer.from([19]), Buffer.from('BitTorrent protocol')]);
const handshakeLength = 68;
const [unchoke, bitfield, request, piece] = [1, 5, 6, 7];

/** Start one at an address of the loopback interface. */
export async function startLiar(host: string, { infohash, size, pieceLength }: Manifest): Promise<Liar> {
  const pieces = Math.ceil(size / pieceLength);
  const sockets = new Set<Socket>();
  const seen = { sent: 0, connections: 0 };
  const greet = (socket: Socket): void => {
    seen.connections += 1;
    socket.write(Buffer.concat([protocol, Buffer.alloc(8), Buffer.from(infohash, 'hex'), Buffer.from('-LI0001-'), randomBytes(12)]));
    const all = Buffer.alloc(Math.ceil(pieces / 8), 0xff);
    if (pieces % 8 > 0) all[all.length - 1] = (0xff << (8 - (pieces % 8))) & 0xff;
    socket.write(message(bitfield, all));
    socket.write(message(unchoke));
  };
  const answer = (socket: Socket, asked: Buffer): void => {
    const length = asked.readUInt32BE(8);
    seen.sent += length;
    socket.write(message(piece, Buffer.concat([asked.subarray(0, 8), randomBytes(length)])));
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    hear(socket, greet, answer);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    listening: { host, port: (server.address() as AddressInfo).port },
    get sent() {
      return seen.sent;
    },
    get connections() {
      return seen.connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What comes is a handshake, then messages, each behind its length. */
function hear(socket: Socket, greet: (socket: Socket) => void, answer: (socket: Socket, asked: Buffer) => void): void {
  let [rest, isGreeted] = [Buffer.alloc(0), false];
  const take = (length: number): Buffer | undefined => {
    if (rest.length < length) return undefined;
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  const next = (): Buffer | undefined => (rest.length < 4 ? undefined : take(4 + rest.readUInt32BE(0)));
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    if (!isGreeted && take(handshakeLength)) {
      isGreeted = true;
      greet(socket);
    }
    if (!isGreeted) return;
    for (let body = next(); body; body = next()) if (body[4] === request) answer(socket, body.subarray(5));
  });
}

function message(kind: number, content: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + content.length);
  head[4] = kind;
  return Buffer.concat([head, content]);
}
