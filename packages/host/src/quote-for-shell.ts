/**
 * One line of shell that stands for exactly these words: pasted into a terminal, or sent to a login shell over ssh.
 *
 * Besides POSIX shells it holds for fish, where a backslash between single quotes is not always itself: backslashes are therefore
 * written outside of them. Words of harmless characters stay bare, so that a plan reads well.
 */
export function quoteForShell(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(word)) return word;
  return `'${word.replaceAll(/['\\]/g, (character) => `'\\${character}'`)}'`;
}
