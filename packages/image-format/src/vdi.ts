import type { Bytes } from './bytes.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Format } from './format.ts';

const headerLength = 512;
const dynamicOrFixed = [1, 2];
const undoOrDifferencing = [3, 4];

/** VirtualBox's own format. */
export const vdi: Format = {
  name: 'vdi',
  matches: ({ start }) => start.uint32(64, 'little') === 0xbe_da_10_7f,
  declaredSize: ({ start }) => start.uint64(368, 'little'),
  examine: ({ start }) => ({ findings: start.length < headerLength ? [damaged('is cut short')] : headerFindings(start) }),
};

function headerFindings(start: Bytes): readonly Finding[] {
  const version = start.uint32(68, 'little') ?? 0;
  // Another version has its fields elsewhere.
  if (version >>> 16 !== 1) return [damaged(`is of version ${version >>> 16}.${version & 0xff_ff}, and only 1 is known`)];
  return [...parentFindings(start), ...sizeFindings(start)];
}

function parentFindings(start: Bytes): readonly Finding[] {
  const type = start.uint32(76, 'little') ?? 0;
  const linked = !start.part(424, 16).isZero() || !start.part(440, 16).isZero();
  if (undoOrDifferencing.includes(type) || linked) return [finding('vdi-parent', 'the image is a layer over another one')];
  return dynamicOrFixed.includes(type) ? [] : [damaged(`says that it is of the unknown type ${type}`)];
}

function sizeFindings(start: Bytes): readonly Finding[] {
  const diskSize = start.uint64(368, 'little') ?? 0n;
  const blockSize = BigInt(start.uint32(376, 'little') ?? 0);
  const blocks = BigInt(start.uint32(384, 'little') ?? 0);
  return blocks * blockSize < diskSize ? [damaged(`has room for ${blocks * blockSize} bytes of a disk of ${diskSize}`)] : [];
}

function damaged(how: string): Finding {
  return finding('vdi-header', `the header ${how}`);
}
