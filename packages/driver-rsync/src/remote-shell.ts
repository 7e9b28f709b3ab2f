import type { SshAccess } from '@image-api/driver';

/** The value of `-e`. The host itself is not in it: rsync adds it. */
export function remoteShell({ program, options, port }: Pick<SshAccess, 'program' | 'options' | 'port'>): string {
  return [program, ...options, ...(port === undefined ? [] : ['-p', String(port)])].map(quoteWord).join(' ');
}

/** rsync cuts the value at blanks by itself, without a shell: quotes group, a doubled quote inside them is the quote, a backslash is nothing. */
function quoteWord(word: string): string {
  return /^[^\s'"]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`;
}
