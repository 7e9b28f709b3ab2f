import type { ResolvedRsyncOptions } from './rsync-options.ts';
import { atLeast } from './version.ts';

/** A compressor, in rsync's word for it. */
export interface Packing {
  readonly choice: 'zstd' | 'lz4' | 'zlibx' | 'zlib';
  readonly level?: number;
}

/** What one end said of itself. */
export interface RsyncAbout {
  readonly version: string;
  readonly about: string;
}

/**
 * The compressor two rsyncs use between them: `packing` is absent for none. A refusal when a named one is missing at an end.
 *
 * @param ends absent for a daemon, which does not tell what it has
 */
export function choosePacking(
  options: ResolvedRsyncOptions,
  ends: readonly RsyncAbout[] | undefined,
): { readonly packing?: Packing } | { readonly refusal: string } {
  const { compress, compressLevel } = options;
  if (compress === 'none') return {};
  if (compress !== 'auto') {
    if (ends && !ends.every((end) => has(end, compress))) return { refusal: `compress is ${compress}, which not both rsyncs have` };
    return { packing: { choice: compress, ...(compress !== 'lz4' && { level: compressLevel }) } };
  }
  if (ends?.every((end) => has(end, 'zstd'))) return { packing: { choice: 'zstd', level: 1 } };
  return ends?.every((end) => has(end, 'lz4')) ? { packing: { choice: 'lz4' } } : {};
}

/** Older ones cannot be told which to use, whatever they were built with. */
function has({ version, about }: RsyncAbout, choice: Packing['choice']): boolean {
  const list = /Compress list:\s+([^\n]+)/.exec(about)?.[1] ?? '';
  return atLeast(version, '3.2.0') && list.split(/\s+/).includes(choice);
}
