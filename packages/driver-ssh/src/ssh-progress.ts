/** A word of the end where the image arrives: how far it is, or that all has come. Or of what hands the bytes on between two hosts. */
export type Word =
  | { readonly kind: 'position'; readonly position: number; readonly written: number }
  | { readonly kind: 'end'; readonly read: number }
  | { readonly kind: 'sent'; readonly bytes: number; readonly number: number }
  | { readonly kind: 'hand'; readonly path: string; readonly pipe: string };

/** What a line says; `undefined` for one that is not ours. */
export function parseWord(line: string, mark: string): Word | undefined {
  const [first, second, third, fourth] = line.split(' ');
  if (first !== mark) return undefined;
  if (second === 'hand') return handIn(third, fourth);
  const [one, other, last] = [Number(second), Number(third), Number(fourth)];
  if (second === 'sent')
    return Number.isSafeInteger(other) && Number.isSafeInteger(last) ? { kind: 'sent', bytes: other, number: last } : undefined;
  if (second === 'end') return Number.isSafeInteger(other) ? { kind: 'end', read: other } : undefined;
  return Number.isSafeInteger(one) && Number.isSafeInteger(other) ? { kind: 'position', position: one, written: other } : undefined;
}

function handIn(path = '', pipe = ''): Word | undefined {
  return /^\/proc\/\d+\/fd\/\d+$/.test(path) && /^pipe:\[\d+\]$/.test(pipe) ? { kind: 'hand', path, pipe } : undefined;
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
