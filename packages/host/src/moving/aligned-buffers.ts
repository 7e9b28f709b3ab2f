import { longestPiece } from './piece-length.ts';

/** Declared here, because the types of Node leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number; readonly shared?: boolean }) => {
    readonly buffer: ArrayBuffer;
  };
};

const pageLength = 65_536;

/**
 * Memory for so many of the longest pieces. It begins at the boundary of a page, which memory from anywhere else in Node does not, and which
 * writing past the page cache needs.
 *
 * @param kind `shared` can be lent to a thread; `own` is sooner filled from other memory
 */
export function alignedBuffers(count: number, kind: 'shared' | 'own'): Uint8Array[] {
  const pages = (count * longestPiece) / pageLength;
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: kind === 'shared' });
  return Array.from({ length: count }, (_, index) => new Uint8Array(buffer, index * longestPiece, longestPiece));
}
