/**
 * Text that cannot steer a terminal: control characters, characters that turn the direction of writing, line separators and
 * lone surrogates become visible escapes. Everything that comes from outside (names, a remote tool's words) goes through here.
 */
export function escapeControls(text: string): string {
  return text.replace(everyUnsafe, visible);
}

/** One character that must not reach a terminal as it is. */
export const unsafeCharacter: RegExp = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const everyUnsafe = new RegExp(unsafeCharacter, 'gu');
const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return named[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** The same for text of several lines: the lines stay, each but the first indented, so that none can pass for one of ours. */
export function escapeLines(text: string): string {
  return text.trimEnd().split('\n').map(escapeControls).join('\n  ');
}
