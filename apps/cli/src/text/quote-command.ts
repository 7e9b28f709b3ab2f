import { unsafeCharacter } from './escape-controls.ts';

/** A command as one line that bash and zsh read back as exactly these words. */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word)) return word;
  // Even within quotes these must not reach the terminal raw.
  if (unsafeCharacter.test(word)) return `$'${[...word].map(escapeCharacter).join('')}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function escapeCharacter(character: string): string {
  if (character === '\\' || character === "'") return `\\${character}`;
  if (!unsafeCharacter.test(character)) return character;
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
