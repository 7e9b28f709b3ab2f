import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { ByteRange } from '../image-source.ts';
import { quoteUntrusted } from '../quote-untrusted.ts';
import type { Backing } from '../verdict.ts';
import { extensionText } from './qcow2-extensions.ts';
import type { Extensions } from './qcow2-extensions.ts';
import { clusterSize } from './qcow2-header.ts';
import type { Qcow2Header } from './qcow2-header.ts';

const longestName = 1023;

/** Where the name of the backing file is; `undefined` where there is none, or none can be. */
export function backingPlace(header: Qcow2Header): ByteRange | undefined {
  const { backingOffset, backingLength, headerLength } = header;
  const end = backingOffset + BigInt(backingLength);
  const sane = backingLength > 0 && backingLength <= longestName && backingOffset >= headerLength && end <= clusterSize(header);
  return sane ? { offset: Number(backingOffset), length: backingLength } : undefined;
}

/** The backing file as the header names it; `undefined` where its bytes are no name, or not all there. */
export function backingOf(bytes: Bytes | undefined, { backingLength }: Qcow2Header, extensions: Extensions): Backing | undefined {
  const name = bytes?.length === backingLength ? bytes.utf8() : undefined;
  if (name === undefined || /\p{Cc}/u.test(name)) return undefined;
  const format = extensionText(extensions, 'backingFormat');
  return { name, ...(format !== undefined && { format }) };
}

/** Judge what a header that names a backing file says of it. */
export function checkBacking(backing: Backing | undefined): readonly Finding[] {
  const layer = (over: string): Finding => finding('qcow2-backing-file', `the image is a layer over ${over}`);
  if (!backing) {
    return [layer('another one'), finding('qcow2-backing-name', 'what stands in place of the name of the backing file is no name')];
  }
  return [layer(quoteUntrusted(backing.name)), ...protocolFindings(backing), ...formatFindings(backing)];
}

/** Whatever has a colon before its first slash is no path to QEMU: `json:…`, `nbd:…`, `https://…`, `fat:…`. */
function protocolFindings({ name }: Backing): readonly Finding[] {
  if (!/^[^/]*:/.test(name)) return [];
  return [finding('qcow2-backing-protocol', `the name of the backing file is more than a path, ${quoteUntrusted(name)}`)];
}

/** In QEMU's words. Not all it knows: some of them open other things than the file. */
const backingFormats = ['raw', 'qcow2', 'vmdk', 'vpc', 'vhdx', 'vdi', 'luks'];

function formatFindings({ format }: Backing): readonly Finding[] {
  if (format === undefined) return [finding('qcow2-backing-format', 'the header does not say of which format the backing file is')];
  if (backingFormats.includes(format)) return [];
  return [finding('qcow2-backing-format', `the header says that the backing file is of the format ${quoteUntrusted(format)}`)];
}
