import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { PathStat } from '@image-api/driver';
import { ifThere } from './if-there.ts';
import { kindOf } from './parse-stat.ts';

/** See `Host.stat`. */
export async function statLocally(path: string, follow: boolean): Promise<PathStat | undefined> {
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
