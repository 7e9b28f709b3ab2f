/**
 * Does the pattern cover the whole text? `*` stands for any characters but `/`, `**` for any at all; everything else, `?` and
 * brackets too, stands for itself, since URIs are full of them.
 */
export function matchGlob(pattern: string, text: string): boolean {
  const parts = pattern.split(/(\*+)/).map((part) => {
    if (part.startsWith('*')) return part === '*' ? '[^/]*' : '.*';
    return part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join('')}$`, 's').test(text);
}
