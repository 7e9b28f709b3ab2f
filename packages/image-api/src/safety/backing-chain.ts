import { posix } from 'node:path';
import type { Endpoint, Host, ImageFormat } from '@image-api/driver';
import type { Verdict } from '@image-api/image-format';
import { atPath } from '../uri/at-path.ts';
import { examineOn } from './examine-on.ts';
import type { ImageRules } from './image-rules.ts';
import { refuseUnsafe, unsafe } from './unsafe-image.ts';

/** An image that another one needs to be read. */
export interface BackingImage {
  /** On the same host, links resolved. */
  readonly path: string;
  readonly format: ImageFormat;
}

/** A longer chain is a mistake, or meant to keep somebody busy. */
const longest = 16;

/**
 * Every image that `image` needs, the nearest first. Each one is found by us, by the name in the header of the one above it, and is
 * judged by the same rules, before any other program follows that name.
 *
 * @throws ImageError UNSAFE_IMAGE, FORMAT_MISMATCH
 */
export async function backingChain(image: Endpoint, verdict: Verdict, host: Host, rules: ImageRules): Promise<readonly BackingImage[]> {
  const chain: BackingImage[] = [];
  const seen = new Set([image.path]);
  let above = { image, verdict };
  while (above.verdict.backing) {
    if (chain.length === longest) throw unsafe(image, `it needs more than ${longest} other images, one behind the other`);
    const below = await find(above.image, above.verdict.backing.name, host, rules);
    if (seen.has(below.path)) throw unsafe(image, `the images it needs go round in a circle, through ${below.path}`);
    seen.add(below.path);
    const found = await examineOn(host, below, { maximumVirtualSize: rules.maxVirtualSize });
    const endpoint = atPath(image, below.path);
    refuseUnsafe(found, { ...rules, allowBacking: true }, endpoint, formatNamed(above.verdict.backing.format));
    chain.push({ path: below.path, format: found.format });
    above = { image: endpoint, verdict: found };
  }
  return chain;
}

async function find(above: Endpoint, name: string, host: Host, { backingRoots }: ImageRules): Promise<{ path: string; size: number }> {
  const named = posix.resolve(posix.dirname(above.path), name);
  const stat = await host.stat(named, { follow: true });
  if (!stat) throw unsafe(above, `the image it needs, ${named}, is not there, so it cannot be checked`);
  if (stat.kind !== 'file' && stat.kind !== 'block') throw unsafe(above, `what it needs, ${named}, is neither a file nor a block device`);
  const path = await host.realPath(named);
  if (backingRoots && !backingRoots.some((root) => isBelow(path, root))) {
    throw unsafe(above, `the image it needs, ${path}, is not in ${backingRoots.join(' or ')}, where the config wants it to be`);
  }
  return { path, size: stat.size };
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root.endsWith('/') ? root : `${root}/`);
}

/** QEMU calls a vhd `vpc`. What it has no name for is raw to it. */
function formatNamed(format: string | undefined): ImageFormat {
  const known: Readonly<Record<string, ImageFormat>> = { qcow2: 'qcow2', vmdk: 'vmdk', vpc: 'vhd', vhdx: 'vhdx', vdi: 'vdi', luks: 'luks' };
  return known[format ?? ''] ?? 'raw';
}
