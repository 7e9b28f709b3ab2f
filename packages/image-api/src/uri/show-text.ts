/**
 * A caller's text as a message may show it: quoted, passwords left out, and nothing in it that a terminal would act on.
 */
export function showText(text: string): string {
  return JSON.stringify(withoutPassword(text)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, escapeCodePoint);
}

/** Up to the last `@`: a password that was not percent-encoded may hold any character. A plain port is left to be seen. */
function withoutPassword(text: string): string {
  return text.replace(/^((?:[a-z][a-z0-9+.-]*:(?=\/))?\/*[^@:/?#]*):(?!\d*(?:[/?#]|$)).*@/isu, '$1:***@');
}

function escapeCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
