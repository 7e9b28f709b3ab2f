import type { Counters } from '@image-api/driver';

/** What one line of rsync's standard output tells. */
export type RsyncLine =
  | { readonly kind: 'progress'; readonly bytesLogical: number }
  | { readonly kind: 'total'; readonly name: Total; readonly bytes: number };

/** One of the totals at the end. */
export type Total = 'files' | 'size' | 'literal' | 'matched' | 'sent' | 'received';

const totals: readonly (readonly [RegExp, Total])[] = [
  [/^Number of regular files transferred: ([\d,]+)/, 'files'],
  [/^Total transferred file size: ([\d,]+)/, 'size'],
  [/^Literal data: ([\d,]+)/, 'literal'],
  [/^Matched data: ([\d,]+)/, 'matched'],
  [/^Total bytes sent: ([\d,]+)/, 'sent'],
  [/^Total bytes received: ([\d,]+)/, 'received'],
];

/** Read one line of `--info=progress2,stats2`; `undefined` for all that is neither a position nor one of the totals at the end. */
export function parseLine(line: string): RsyncLine | undefined {
  const position = /^\s*([\d,]+)\s+\d+%\s/.exec(line)?.[1];
  if (position !== undefined) return { kind: 'progress', bytesLogical: bytesIn(position) };
  for (const [pattern, name] of totals) {
    const digits = pattern.exec(line)?.[1];
    if (digits !== undefined) return { kind: 'total', name, bytes: bytesIn(digits) };
  }
  return undefined;
}

/** Cut text that comes in pieces of any size into lines; a carriage return ends one too. */
export function createLineReader(onLine: (line: string) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split(/[\r\n]/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  };
}

/** The counters of a finished transfer. Over a network the bulk went one way and the block sums the other: both were on the wire. */
export function countersOf(found: ReadonlyMap<Total, number>, overNetwork: boolean): Partial<Counters> {
  const [size, literal, matched] = [found.get('size'), found.get('literal'), found.get('matched')];
  if (size === undefined || literal === undefined || matched === undefined) return {};
  const wire = (found.get('sent') ?? 0) + (found.get('received') ?? 0);
  // Blocks found at the destination are read at the source all the same, to know that they are equal.
  return { bytesLogical: size, bytesRead: size, bytesSkipped: matched, bytesSent: overNetwork ? wire : 0 };
}

function bytesIn(digits: string): number {
  return Number(digits.replaceAll(',', ''));
}
