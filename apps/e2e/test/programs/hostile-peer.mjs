// A member of a swarm that says it has everything, sends garbage to whoever asks, and asks for pieces itself. It calls others, again and again,
// and prints a line of JSON whenever a call is over: what it got, and what it sent. Words: infohash, number of pieces, host:port…
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const [infohash = '', piecesText = '', ...others] = process.argv.slice(2);
const pieces = Number(piecesText);
const hello = Buffer.concat([Buffer.from([19]), Buffer.from('BitTorrent protocol'), Buffer.alloc(8), Buffer.from(infohash, 'hex')]);
const handshakeLength = 68;
const [unchoke, interested, bitfield, request, piece] = [1, 2, 5, 6, 7];
const blockLength = 16 * 1024;
const againMs = 250;

for (const other of others) call(other);

/** @param {string} other */
function call(other) {
  const [host = '', port = ''] = other.split(':');
  const told = { peer: host, answered: false, got: 0, sent: 0 };
  let rest = Buffer.alloc(0);
  const socket = connect({ host, port: Number(port), timeout: 5000 }, () => socket.write(Buffer.concat([hello, randomBytes(20)])));
  socket.on('timeout', () => socket.destroy());
  socket.on('error', () => undefined);
  socket.once('close', () => {
    console.log(JSON.stringify(told));
    setTimeout(() => call(other), againMs);
  });
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    if (!told.answered) {
      if (rest.length < handshakeLength) return;
      rest = rest.subarray(handshakeLength);
      told.answered = true;
      socket.write(Buffer.concat([message(bitfield, everything()), message(unchoke), message(interested)]));
    }
    for (let body = next(); body; body = next()) hear(body);
  });

  /** @returns {Buffer | undefined} */
  function next() {
    if (rest.length < 4 || rest.length < 4 + rest.readUInt32BE(0)) return undefined;
    const body = rest.subarray(4, 4 + rest.readUInt32BE(0));
    rest = rest.subarray(4 + body.length);
    return body.length > 0 ? body : next();
  }

  /** @param {Buffer} body */
  function hear(body) {
    if (body[0] === piece) told.got += body.length - 9;
    if (body[0] === unchoke) for (let index = 0; index < pieces; index += 1) socket.write(message(request, numbers(index, 0, blockLength)));
    if (body[0] !== request) return;
    const length = body.readUInt32BE(9);
    told.sent += length;
    socket.write(message(piece, Buffer.concat([body.subarray(1, 9), randomBytes(length)])));
  }
}

function everything() {
  const bits = Buffer.alloc(Math.ceil(pieces / 8), 0xff);
  if (pieces % 8 > 0) bits[bits.length - 1] = (0xff << (8 - (pieces % 8))) & 0xff;
  return bits;
}

/** @param {number[]} values */
function numbers(...values) {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

/** @param {number} kind @param {Buffer} content */
function message(kind, content = Buffer.alloc(0)) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + content.length);
  head[4] = kind;
  return Buffer.concat([head, content]);
}
