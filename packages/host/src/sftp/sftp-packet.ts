/** Numbers of SFTP, version 3, as far as reading needs them. */
const ask = { init: 1, open: 3, close: 4, read: 5, fstat: 8, stat: 17 } as const;
const told = { version: 2, status: 101, handle: 102, data: 103, attributes: 105 } as const;
const openForReading = 1;
const has = { size: 1, owner: 2, mode: 4, times: 8 } as const;

/** What the other side says. `number` tells which question it answers. */
export type SftpAnswer =
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'status'; readonly number: number; readonly code: number; readonly words: string }
  | { readonly kind: 'handle'; readonly number: number; readonly handle: Buffer }
  | { readonly kind: 'data'; readonly number: number; readonly bytes: Buffer }
  | { readonly kind: 'attributes'; readonly number: number; readonly attributes: SftpAttributes };

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

export function openPacket(number: number, path: string): Buffer {
  return packet(ask.open, number32(number), text(Buffer.from(path)), number32(openForReading), number32(0));
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
  const place = Buffer.alloc(12);
  place.writeBigUInt64BE(BigInt(offset), 0);
  place.writeUInt32BE(length, 8);
  return packet(ask.read, number32(number), text(handle), place);
}

/** Understand a packet without its length. `undefined` when it is none that could be an answer to us. */
export function readAnswer(bytes: Buffer): SftpAnswer | undefined {
  const kind = bytes[0];
  if (bytes.length < 5) return undefined;
  const number = bytes.readUInt32BE(1);
  if (kind === told.version) return { kind: 'version', version: number };
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
  const length = 1 + parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([number32(length), Buffer.from([kind]), ...parts]);
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(bytes: Buffer): Buffer {
  return Buffer.concat([number32(bytes.length), bytes]);
}
