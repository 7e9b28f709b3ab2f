import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { quoteUntrusted } from '../quote-untrusted.ts';
import { clusterSize, features } from './qcow2-header.ts';
import type { Qcow2Header } from './qcow2-header.ts';

/** What follows the header: typed pieces, up to an end mark or the name of the backing file. */
export interface Extensions {
  readonly found: readonly Extension[];
  /** What is wrong with the list itself. */
  readonly problem?: string;
}

interface Extension {
  readonly type: number;
  readonly bytes: Bytes;
}

export const extensionTypes = { end: 0, backingFormat: 0xe2_79_2a_ca, dataFile: 0x44_41_54_41 } as const;

const prefixLength = 8;

/** Walk the list within the first cluster, as far as it was read. */
export function readExtensions(start: Bytes, header: Qcow2Header): Extensions {
  const end = endOf(header);
  const found: Extension[] = [];
  for (let offset = header.headerLength; offset + prefixLength <= end;) {
    const type = start.uint32(offset, 'big');
    const length = start.uint32(offset + 4, 'big') ?? 0;
    if (type === extensionTypes.end) return { found };
    const bytes = start.part(offset + prefixLength, length);
    if (type === undefined || bytes.length < length) return { found, problem: `an extension of the header at ${offset} is cut short` };
    if (offset + prefixLength + length > end) return { found, problem: `an extension of the header at ${offset} is longer than its place` };
    if (found.some((other) => other.type === type)) return { found, problem: `an extension of the header is there twice (at ${offset})` };
    found.push({ type, bytes });
    offset += prefixLength + Math.ceil(length / 8) * 8;
  }
  return { found };
}

function endOf(header: Qcow2Header): number {
  const cluster = clusterSize(header);
  return header.backingOffset > 0n && header.backingOffset < cluster ? Number(header.backingOffset) : cluster;
}

/** The bytes of an extension as text, one character each; `undefined` when it is not there. */
export function extensionText({ found }: Extensions, wanted: keyof typeof extensionTypes): string | undefined {
  const bytes = found.find(({ type }) => type === extensionTypes[wanted])?.bytes;
  return bytes?.text(0, bytes.length);
}

export function checkExtensions(extensions: Extensions, header: Qcow2Header): readonly Finding[] {
  const { problem } = extensions;
  return [...(problem === undefined ? [] : [finding('qcow2-extension', problem)]), ...dataFileFindings(extensions, header)];
}

/** The bit makes QEMU open the file; the name without the bit is left by a program that means it. */
function dataFileFindings(extensions: Extensions, { incompatible }: Qcow2Header): readonly Finding[] {
  const name = extensionText(extensions, 'dataFile');
  if (name === undefined && !(incompatible & features.dataFile)) return [];
  const words = name === undefined ? 'which it does not name' : quoteUntrusted(name);
  return [finding('qcow2-data-file', `the image keeps its data in another file, ${words}`)];
}
