import type { PathStat } from '@image-api/driver';

/** The format for GNU `stat -c`, and the number of words it makes. */
export const statFormat = '%f %s %b %B %d %i %h %u %g %.9Y %.9Z %t %T';

const kinds: Readonly<Record<number, PathStat['kind']>> = {
  0o14: 'socket',
  0o12: 'link',
  0o10: 'file',
  0o6: 'block',
  0o4: 'directory',
  0o2: 'character',
  0o1: 'fifo',
};

/** What `statFormat` printed; `capacity`: of a block device, in bytes. */
export function parseStat(line: string, capacity?: number): PathStat {
  const words = line.trim().split(' ');
  const text = (index: number): string => words[index] ?? '';
  const mode = Number.parseInt(text(0), 16);
  const kind = kindOf(mode);
  const node =
    kind === 'block' || kind === 'character' ? { deviceNode: `${Number.parseInt(text(11), 16)}:${Number.parseInt(text(12), 16)}` } : {};
  return {
    kind,
    size: capacity ?? Number(text(1)),
    allocated: Number(text(2)) * Number(text(3)),
    device: text(4),
    inode: text(5),
    links: Number(text(6)),
    mode: mode & 0o7777,
    uid: Number(text(7)),
    gid: Number(text(8)),
    modifiedNs: nanoseconds(text(9)),
    changedNs: nanoseconds(text(10)),
    ...node,
  };
}

/** The kind told by the type bits of a mode. */
export function kindOf(mode: number): PathStat['kind'] {
  return kinds[(mode >> 12) & 0o17] ?? 'character';
}

/** `1700000000.000000001` → `1700000000000000001`. */
function nanoseconds(seconds: string): string {
  return BigInt(seconds.replace('.', '')).toString();
}
