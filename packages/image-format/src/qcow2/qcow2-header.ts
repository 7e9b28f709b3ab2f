import type { Bytes } from '../bytes.ts';

/** The header's fields, by the names the format gives them. */
export interface Qcow2Header {
  readonly version: number;
  readonly backingOffset: bigint;
  readonly backingLength: number;
  readonly clusterBits: number;
  readonly virtualSize: bigint;
  readonly encryption: number;
  readonly l1Entries: number;
  readonly l1Offset: bigint;
  readonly refcountOffset: bigint;
  readonly refcountClusters: number;
  readonly snapshots: number;
  readonly incompatible: bigint;
  readonly refcountOrder: number;
  /** In bytes. What follows are extensions. */
  readonly headerLength: number;
  readonly compression: number;
}

/** Bits of the features that nobody may ignore. */
export const features = { dirty: 1n, corrupt: 2n, dataFile: 4n, compression: 8n, extendedEntries: 16n } as const;

const lengths: Readonly<Record<number, number>> = { 2: 72, 3: 104 };

/** `undefined` when it is cut short. Of an unknown version only the version means anything. */
export function parseQcow2Header(start: Bytes): Qcow2Header | undefined {
  const version = start.uint32(4, 'big');
  if (version === undefined || start.length < (lengths[version] ?? 8)) return undefined;
  const uint32 = (offset: number): number => start.uint32(offset, 'big') ?? 0;
  const uint64 = (offset: number): bigint => start.uint64(offset, 'big') ?? 0n;
  const ofVersion3 = version === 3;
  const headerLength = ofVersion3 ? uint32(100) : 72;
  return {
    version,
    backingOffset: uint64(8),
    backingLength: uint32(16),
    clusterBits: uint32(20),
    virtualSize: uint64(24),
    encryption: uint32(32),
    l1Entries: uint32(36),
    l1Offset: uint64(40),
    refcountOffset: uint64(48),
    refcountClusters: uint32(56),
    snapshots: uint32(60),
    incompatible: ofVersion3 ? uint64(72) : 0n,
    refcountOrder: ofVersion3 ? uint32(96) : 4,
    headerLength,
    compression: headerLength > 104 ? (start.uint8(104) ?? 0) : 0,
  };
}

/** In bytes; 0 where the header's number for it makes no sense. */
export function clusterSize({ clusterBits }: Qcow2Header): number {
  return clusterBits >= 9 && clusterBits <= 21 ? 2 ** clusterBits : 0;
}
