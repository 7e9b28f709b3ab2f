import type { Bytes } from './bytes.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Format } from './format.ts';

/**
 * A disk with a partition table of the newer kind: the table itself, in sectors of either size, behind the older table that
 * protects it. A FAT file system that has bytes of such a table in it is none.
 */
export const gpt: Format = {
  name: 'gpt',
  matches: ({ start }) =>
    sectorSizes.some((size) => start.has('EFI PART', size)) &&
    start.has('\u0055\u00aa', 510) &&
    protectiveEntries(start).length > 0 &&
    !isFat(start),
  examine: ({ start }) => ({ findings: [...bootFlagFindings(start), ...hybridFindings(start)] }),
};

const sectorSizes = [512, 4096];
const protective = 0xee;

interface PartitionEntry {
  readonly bootFlag: number;
  readonly type: number;
}

function entries(start: Bytes): readonly PartitionEntry[] {
  return [446, 462, 478, 494].map((offset) => ({ bootFlag: start.uint8(offset) ?? 0, type: start.uint8(offset + 4) ?? 0 }));
}

function protectiveEntries(start: Bytes): readonly PartitionEntry[] {
  return entries(start).filter(({ type }) => type === protective);
}

function isFat(start: Bytes): boolean {
  const jumps = start.uint8(0) === 0xe9 || (start.uint8(0) === 0xeb && start.uint8(2) === 0x90);
  return jumps && (start.has('FAT', 54) || start.has('FAT', 82));
}

function bootFlagFindings(start: Bytes): readonly Finding[] {
  const odd = entries(start).find(({ bootFlag }) => bootFlag !== 0 && bootFlag !== 0x80);
  return odd ? [finding('gpt-boot-flag', `an entry of the protective partition table begins with the byte ${odd.bootFlag}`)] : [];
}

function hybridFindings(start: Bytes): readonly Finding[] {
  const others = entries(start).filter(({ type }) => type !== 0 && type !== protective).length;
  return others > 0 ? [finding('gpt-hybrid', `the disk has two partition tables, the older one with ${others} partitions of its own`)] : [];
}
