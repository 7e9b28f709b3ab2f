import { longestPiece } from '@image-api/host';

/** Declared here, because the types of Node leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number; readonly shared: true }) => {
    readonly buffer: SharedArrayBuffer;
  };
};

const pageLength = 65_536;

/**
 * Memory for so many pieces. It begins at the boundary of a page, which memory from anywhere else in Node does not, and which writing past
 * the page cache needs. It can be lent to a thread.
 */
export function alignedBuffers(count: number): Uint8Array[] {
  const pages = (count * longestPiece) / pageLength;
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return Array.from({ length: count }, (_, index) => new Uint8Array(buffer, index * longestPiece, longestPiece));
}
