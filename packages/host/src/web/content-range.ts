/** What an answer says it holds: `bytes 0-99/1000`. `undefined` unless it is exactly that. */
export function parseContentRange(
  text: string | undefined,
): { readonly first: number; readonly last: number; readonly size: number } | undefined {
  const [, first, last, size] = (/^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/i.exec(text ?? '') ?? []).map(Number);
  if (first === undefined || last === undefined || size === undefined) return undefined;
  return first <= last && last < size && Number.isSafeInteger(size) ? { first, last, size } : undefined;
}

/** The size of what a server has that has nothing at the place asked for. It says so with a star in place of the bytes. */
export function parseUnsatisfied(text: string | undefined): number | undefined {
  const [, size] = /^bytes \*\/(\d{1,16})$/i.exec(text ?? '') ?? [];
  return size === undefined || !Number.isSafeInteger(Number(size)) ? undefined : Number(size);
}
