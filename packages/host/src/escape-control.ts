/**
 * The text with every control character (C0, DEL, C1) made visible as `\xNN`, so that a hostile name or a tool's output can neither
 * move the cursor nor forge a line in a log.
 */
export function escapeControl(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
