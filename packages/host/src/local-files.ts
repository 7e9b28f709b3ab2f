import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ImageError } from '@image-api/driver';
import type { ByteRange, Digest, Host, PathStat } from '@image-api/driver';
import { attempt } from './attempt.ts';
import { checkRanges } from './check-ranges.ts';
import { escapeControl } from './escape-control.ts';
import { ifThere } from './if-there.ts';
import { kindOf } from './parse-stat.ts';
import { notAnImage } from './refusal.ts';
import { renameNewLocally } from './rename-new-locally.ts';

/** The part of `Host` that is about files. */
export type HostFiles = Pick<
  Host,
  'stat' | 'realPath' | 'access' | 'read' | 'digest' | 'renameNew' | 'renameOver' | 'remove' | 'setMode' | 'sync'
>;

/** Files of this machine. */
export const localFiles: HostFiles = {
  stat: (path, options) => attempt('source', 'look at', path, () => statLocally(path, options?.follow ?? false)),
  realPath: (path) => attempt('source', 'find', path, () => fs.realpath(path)),
  access: (path, mode) =>
    fs.access(path, mode === 'read' ? constants.R_OK : constants.W_OK).then(
      () => true,
      () => false,
    ),
  read: (path, ranges) => attempt('source', 'read', path, () => readLocally(path, ranges)),
  digest: (path, options) => attempt('source', 'read', path, () => digestLocally(path, options)),
  renameNew: (from, to) => attempt('destination', 'create', to, () => renameNewLocally(from, to)),
  renameOver: (from, to) => attempt('destination', 'replace', to, () => fs.rename(from, to)),
  remove: (path) => attempt('destination', 'remove', path, () => ifThere(() => fs.unlink(path)).then(() => undefined)),
  setMode: (path, mode, owner) => attempt('destination', 'change the mode of', path, () => setModeLocally(path, mode, owner)),
  sync: (path) => attempt('destination', 'write to disk', path, () => syncLocally(path)),
};

async function statLocally(path: string, follow: boolean): Promise<PathStat | undefined> {
  const found = await ifThere(() => (follow ? fs.stat : fs.lstat)(path, { bigint: true }));
  if (!found) return undefined;
  const kind = kindOf(Number(found.mode));
  const isNode = kind === 'block' || kind === 'character';
  return {
    kind,
    size: kind === 'block' ? await capacity(deviceNode(found)) : Number(found.size),
    allocated: Number(found.blocks) * 512,
    device: String(found.dev),
    inode: String(found.ino),
    links: Number(found.nlink),
    mode: Number(found.mode) & 0o7777,
    uid: Number(found.uid),
    gid: Number(found.gid),
    modifiedNs: String(found.mtimeNs),
    changedNs: String(found.ctimeNs),
    ...(isNode ? { deviceNode: deviceNode(found) } : {}),
  };
}

/** The two numbers as the C library packs them. */
function deviceNode({ rdev }: BigIntStats): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  return `${major}:${BigInt.asUintN(32, minor)}`;
}

/** The kernel tells it to everybody, in sectors of 512 bytes; opening the device would need permission. */
async function capacity(node: string): Promise<number> {
  return Number(await fs.readFile(`/sys/dev/block/${node}/size`, 'utf8')) * 512;
}

async function readLocally(path: string, ranges: readonly ByteRange[]): Promise<Uint8Array[]> {
  checkRanges(path, ranges);
  return withImage(path, async (file) => {
    const pieces: Uint8Array[] = [];
    for (const range of ranges) pieces.push(await readPiece(file, range));
    return pieces;
  });
}

async function readPiece(file: fs.FileHandle, { offset, length }: ByteRange): Promise<Uint8Array> {
  const piece = new Uint8Array(length);
  for (let filled = 0; ;) {
    const { bytesRead } = await file.read(piece, filled, length - filled, offset + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === length) return piece.slice(0, filled);
  }
}

async function digestLocally(path: string, { signal, length }: Parameters<Host['digest']>[1] = {}): Promise<Digest> {
  const hash = createHash('sha256');
  // The end of a stream is the last byte it reads, not the first it leaves out, so nothing at all has no end to name.
  if (length === 0) return `sha256:${hash.digest('hex')}`;
  const range = length === undefined ? {} : { start: 0, end: length - 1 };
  try {
    await withImage(path, (file) =>
      pipeline(file.createReadStream({ ...range, highWaterMark: 1024 * 1024, autoClose: false }), hash, { signal }),
    );
  } catch (cause) {
    if (signal?.aborted)
      throw new ImageError(`reading ${escapeControl(path)} was cancelled`, { code: 'CANCELLED', origin: 'caller', cause });
    throw cause;
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Opened without waiting for the other end, should it be a pipe. */
async function withImage<T>(path: string, read: (file: fs.FileHandle) => Promise<T>): Promise<T> {
  const file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() && !found.isBlockDevice()) throw notAnImage(path, 'local');
    return await read(file);
  } finally {
    await file.close();
  }
}

/** The owner first, because changing it takes bits of the mode away. Giving a file to another takes a privilege. */
async function setModeLocally(
  path: string,
  mode: number,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  if (owner) {
    await fs.chown(path, owner.uid, owner.gid).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM') throw error;
    });
  }
  await fs.chmod(path, mode);
}

async function syncLocally(path: string): Promise<void> {
  const file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await file.sync();
  } catch (error) {
    // Some network filesystems cannot sync a directory; there its names are safe, or nothing can be done.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL' || !(await file.stat()).isDirectory()) throw error;
  } finally {
    await file.close();
  }
}
