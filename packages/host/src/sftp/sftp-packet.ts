/** Numbers of SFTP, version 3, as far as reading and writing files that are there needs them. */
const ask = { init: 1, open: 3, close: 4, read: 5, write: 6, fstat: 8, setFstat: 10, stat: 17, extended: 200 } as const;
const told = { version: 2, status: 101, handle: 102, data: 103, attributes: 105, extended: 201 } as const;
/** Nothing is made, and nothing that is there is cut off. */
const openFor = { read: 1, write: 3 } as const;
const has = { size: 1, owner: 2, mode: 4, times: 8 } as const;

/** What the other side says. `number` tells which question it answers. */
export type SftpAnswer =
  | { readonly kind: 'version'; readonly version: number; readonly extensions: ReadonlySet<string> }
  | { readonly kind: 'status'; readonly number: number; readonly code: number; readonly words: string }
  | { readonly kind: 'handle'; readonly number: number; readonly handle: Buffer }
  | { readonly kind: 'data'; readonly number: number; readonly bytes: Buffer }
  | { readonly kind: 'attributes'; readonly number: number; readonly attributes: SftpAttributes }
  | { readonly kind: 'extended'; readonly number: number; readonly bytes: Buffer };

/** What a file is opened for. */
export type SftpPurpose = keyof typeof openFor;

/** What there is to know of a file; what the other side leaves out is missing. */
export interface SftpAttributes {
  readonly size?: number;
  /** Kind and permissions. */
  readonly mode?: number;
  /** In seconds since 1970. */
  readonly modified?: number;
}

export function initPacket(): Buffer {
  return packet(ask.init, number32(3));
}

export function openPacket(number: number, path: string, purpose: SftpPurpose): Buffer {
  return packet(ask.open, number32(number), text(Buffer.from(path)), number32(openFor[purpose]), number32(0));
}

export function statPacket(number: number, path: string): Buffer {
  return packet(ask.stat, number32(number), text(Buffer.from(path)));
}

export function fstatPacket(number: number, handle: Buffer): Buffer {
  return packet(ask.fstat, number32(number), text(handle));
}

export function closePacket(number: number, handle: Buffer): Buffer {
  return packet(ask.close, number32(number), text(handle));
}

export function readPacket(number: number, handle: Buffer, offset: number, length: number): Buffer {
  return packet(ask.read, number32(number), text(handle), number64(offset), number32(length));
}

/** All of a packet but the bytes to write, which follow it. */
export function writePacketHead(number: number, handle: Buffer, offset: number, length: number): Buffer {
  const parts = [number32(number), text(handle), number64(offset), number32(length)];
  return Buffer.concat([number32(1 + lengthOf(parts) + length), Buffer.from([ask.write]), ...parts]);
}

export function resizePacket(number: number, handle: Buffer, size: number): Buffer {
  return packet(ask.setFstat, number32(number), text(handle), number32(has.size), number64(size));
}

/** @param words what the extension is told, in its own order */
export function extendedPacket(number: number, extension: string, ...words: readonly Buffer[]): Buffer {
  return packet(ask.extended, number32(number), text(Buffer.from(extension)), ...words.map(text));
}

/** Understand a packet without its length. `undefined` when it is none that could be an answer to us. */
export function readAnswer(bytes: Buffer): SftpAnswer | undefined {
  const kind = bytes[0];
  if (bytes.length < 5) return undefined;
  const number = bytes.readUInt32BE(1);
  if (kind === told.version) return { kind: 'version', version: number, extensions: readNames(bytes) };
  if (kind === told.extended) return { kind: 'extended', number, bytes: Buffer.from(bytes.subarray(5)) };
  if (kind === told.status) return readStatus(bytes, number);
  if (kind === told.attributes) {
    const attributes = readAttributes(bytes);
    return attributes && { kind: 'attributes', number, attributes };
  }
  if (kind !== told.handle && kind !== told.data) return undefined;
  if (bytes.length < 9 || bytes.readUInt32BE(5) !== bytes.length - 9) return undefined;
  const body = bytes.subarray(9);
  return kind === told.handle ? { kind: 'handle', number, handle: Buffer.from(body) } : { kind: 'data', number, bytes: body };
}

/** Pairs of a name and what more there is to say of it, to the end of the packet. */
function readNames(bytes: Buffer): ReadonlySet<string> {
  const texts: string[] = [];
  for (let at = 5; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    texts.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  return new Set(texts.filter((_, index) => index % 2 === 0));
}

function readStatus(bytes: Buffer, number: number): SftpAnswer | undefined {
  if (bytes.length < 9) return undefined;
  const length = bytes.length < 13 ? 0 : Math.min(bytes.readUInt32BE(9), bytes.length - 13, 1024);
  return { kind: 'status', number, code: bytes.readUInt32BE(5), words: bytes.toString('utf8', 13, 13 + length) };
}

function readAttributes(bytes: Buffer): SftpAttributes | undefined {
  if (bytes.length < 9) return undefined;
  const flags = bytes.readUInt32BE(5);
  const widths: readonly (readonly [flag: number, width: number])[] = [
    [has.size, 8],
    [has.owner, 8],
    [has.mode, 4],
    [has.times, 8],
  ];
  const places = new Map<number, number>();
  let at = 9;
  for (const [flag, width] of widths) {
    if ((flags & flag) === 0) continue;
    places.set(flag, at);
    at += width;
  }
  if (at > bytes.length) return undefined;
  const [size, mode, times] = [places.get(has.size), places.get(has.mode), places.get(has.times)];
  return {
    ...(size !== undefined && { size: Number(bytes.readBigUInt64BE(size)) }),
    ...(mode !== undefined && { mode: bytes.readUInt32BE(mode) }),
    ...(times !== undefined && { modified: bytes.readUInt32BE(times + 4) }),
  };
}

function packet(kind: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([number32(1 + lengthOf(parts)), Buffer.from([kind]), ...parts]);
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function number64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(bytes: Buffer): Buffer {
  return Buffer.concat([number32(bytes.length), bytes]);
}
