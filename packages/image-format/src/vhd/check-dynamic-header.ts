import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Edges } from '../format.ts';
import { checksum, currentSize } from './vhd-footer.ts';

const headerLength = 1024;

/** Judge the second header of a disk that grows, which says where its blocks are and which parent it has. */
export function checkDynamicHeader({ start, size }: Edges, footer: Bytes): readonly Finding[] {
  const offset = footer.uint64(16, 'big') ?? 0n;
  const header = start.part(Number(offset), headerLength);
  if (!header.has('cxsparse', 0) || header.length < headerLength) return [damaged(`is not where the footer says (${offset})`)];
  if (header.uint32(36, 'big') !== checksum(header, 36)) return [damaged('has a wrong checksum')];
  return [...blockFindings(header, currentSize(footer) ?? 0n), ...tableFindings(header, size), ...parentFindings(header)];
}

function blockFindings(header: Bytes, diskSize: bigint): readonly Finding[] {
  const blockSize = header.uint32(32, 'big') ?? 0;
  const blocks = header.uint32(28, 'big') ?? 0;
  if (blockSize < 512 || (blockSize & (blockSize - 1)) !== 0) return [damaged(`says that blocks have ${blockSize} bytes`)];
  const room = BigInt(blocks) * BigInt(blockSize);
  return room < diskSize ? [damaged(`has room for ${room} bytes of a disk of ${diskSize}`)] : [];
}

function tableFindings(header: Bytes, size: number): readonly Finding[] {
  const table = header.uint64(16, 'big') ?? 0n;
  const end = table + BigInt(header.uint32(28, 'big') ?? 0) * 4n;
  return end > size ? [damaged(`places the table of blocks at ${table}, outside of the image`)] : [];
}

/** Identity, name and places of a parent. A disk without one has zeros there. */
function parentFindings(header: Bytes): readonly Finding[] {
  const nothing = header.part(40, 16).isZero() && header.part(64, 512 + 8 * 24).isZero();
  return nothing ? [] : [finding('vhd-parent', 'the image names a parent')];
}

function damaged(how: string): Finding {
  return finding('vhd-header', `the header of the disk's blocks ${how}`);
}
