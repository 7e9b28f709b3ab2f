/** A word of the end where the image arrives: how far it is, or that all has come. */
export type Word =
  | { readonly kind: 'position'; readonly position: number; readonly written: number }
  | { readonly kind: 'end'; readonly read: number };

/** What a line says; `undefined` for one that is not ours. */
export function parseWord(line: string, mark: string): Word | undefined {
  const [first, second, third] = line.split(' ');
  if (first !== mark) return undefined;
  const [one, other] = [Number(second), Number(third)];
  if (second === 'end') return Number.isSafeInteger(other) ? { kind: 'end', read: other } : undefined;
  return Number.isSafeInteger(one) && Number.isSafeInteger(other) ? { kind: 'position', position: one, written: other } : undefined;
}

/** Cut text that comes in pieces of any size into lines. */
export function createLineReader(onLine: (line: string) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
