import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { clusterSize, features } from './qcow2-header.ts';
import type { Qcow2Header } from './qcow2-header.ts';

interface Circumstances {
  /** Of the whole file, in bytes. */
  readonly size: number;
  readonly converting: boolean;
}

/** Judge everything in the header but what it says of other files. */
export function checkQcow2Header(header: Qcow2Header, circumstances: Circumstances): readonly Finding[] {
  return checks.flatMap((check) => check(header, circumstances) ?? []);
}

type Check = (header: Qcow2Header, circumstances: Circumstances) => Finding | undefined;

const checks: readonly Check[] = [
  checkLength,
  checkClusterSize,
  checkRefcounts,
  checkL1,
  checkUnknownFeatures,
  checkCorrupt,
  checkDirty,
  checkCompression,
  checkEncryption,
  checkSnapshots,
];

function checkLength({ headerLength }: Qcow2Header): Finding | undefined {
  const sane = headerLength === 72 || (headerLength >= 104 && headerLength % 8 === 0);
  return sane ? undefined : finding('qcow2-header', `the header says that it is ${headerLength} bytes long`);
}

/** With entries of the longer kind each cluster has 32 parts, none of them smaller than a sector. */
function checkClusterSize(header: Qcow2Header): Finding | undefined {
  const smallest = header.incompatible & features.extendedEntries ? 16_384 : 512;
  if (clusterSize(header) >= smallest && header.headerLength <= clusterSize(header)) return undefined;
  return finding('qcow2-cluster-size', `the header says that clusters are 2^${header.clusterBits} bytes`);
}

function checkRefcounts(header: Qcow2Header, { size }: Circumstances): Finding | undefined {
  const { refcountOrder, refcountOffset, refcountClusters } = header;
  if (refcountOrder > 6) return finding('qcow2-refcounts', `the header says that reference counts are 2^${refcountOrder} bits wide`);
  const inside = liesWithin(refcountOffset, refcountClusters * clusterSize(header), { size, header });
  return inside && refcountOffset > 0n && refcountClusters > 0
    ? undefined
    : finding('qcow2-refcounts', `the table of reference counts lies at ${refcountOffset}, outside of the image`);
}

const longestL1 = 32 * 2 ** 20;

function checkL1(header: Qcow2Header, { size }: Circumstances): Finding | undefined {
  const { l1Entries, l1Offset } = header;
  const needed = entriesNeeded(header);
  if (BigInt(l1Entries) < needed)
    return finding('qcow2-tables', `the first mapping table has ${l1Entries} entries, not the ${needed} it needs`);
  if (l1Entries * 8 > longestL1) return finding('qcow2-tables', `the first mapping table is said to have ${l1Entries} entries`);
  const inside = l1Entries === 0 || liesWithin(l1Offset, l1Entries * 8, { size, header });
  return inside ? undefined : finding('qcow2-tables', `the first mapping table lies at ${l1Offset}, outside of the image`);
}

/** One entry for each table of the second kind, which fills a cluster. */
function entriesNeeded(header: Qcow2Header): bigint {
  const cluster = BigInt(clusterSize(header));
  const bytesEach = cluster * (cluster / (header.incompatible & features.extendedEntries ? 16n : 8n));
  return bytesEach === 0n ? 0n : (header.virtualSize + bytesEach - 1n) / bytesEach;
}

function liesWithin(offset: bigint, length: number, { size, header }: { readonly size: number; readonly header: Qcow2Header }): boolean {
  const cluster = clusterSize(header);
  return cluster > 0 && offset % BigInt(cluster) === 0n && offset + BigInt(length) <= size;
}

const known = Object.values(features).reduce((bits, bit) => bits | bit, 0n);

function checkUnknownFeatures({ incompatible }: Qcow2Header): Finding | undefined {
  const unknown = incompatible & ~known;
  return unknown === 0n ? undefined : finding('qcow2-unknown-feature', `the image uses unknown features (bits 0x${unknown.toString(16)})`);
}

function checkCorrupt({ incompatible }: Qcow2Header): Finding | undefined {
  return incompatible & features.corrupt ? finding('qcow2-corrupt', 'the image is marked as corrupt') : undefined;
}

function checkDirty({ incompatible }: Qcow2Header): Finding | undefined {
  return incompatible & features.dirty ? finding('qcow2-dirty', 'the image is marked as in use') : undefined;
}

const compressions = ['zlib', 'zstd'];

function checkCompression({ incompatible, compression }: Qcow2Header): Finding | undefined {
  const told = Boolean(incompatible & features.compression) === compression > 0;
  if (told && compression < compressions.length) return undefined;
  return finding('qcow2-compression', `the image is compressed by a method (${compression}) that is unknown, or contradicts its features`);
}

function checkEncryption({ encryption }: Qcow2Header): Finding | undefined {
  if (encryption === 0) return undefined;
  if (encryption === 2) return finding('qcow2-luks', 'the content of the image is encrypted');
  return finding(
    'qcow2-encryption',
    `the image is encrypted by ${encryption === 1 ? 'the old AES method' : `the unknown method ${encryption}`}`,
  );
}

function checkSnapshots({ snapshots }: Qcow2Header, { converting }: Circumstances): Finding | undefined {
  if (snapshots === 0) return undefined;
  return finding('qcow2-snapshots', `the image holds ${snapshots} internal snapshots`, converting ? 'refuse' : 'note');
}
