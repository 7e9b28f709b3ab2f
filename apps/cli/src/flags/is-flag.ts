/** Whether the line asks for JSON. Told from its words, because a malformed line has no flags. */
export function isJson(words: readonly string[]): boolean {
  return has(words, '--json');
}

/** Whether the line asks where a failure came from. */
export function isDebug(words: readonly string[]): boolean {
  return has(words, '--debug');
}

function has(words: readonly string[], flag: string): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).includes(flag);
}
