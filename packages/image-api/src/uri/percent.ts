/**
 * Percent-encode text for a path, or for a query, in the one canonical way: UTF-8, upper-case digits, and only what needs it.
 * What a shell or a glob would act on is encoded too, so that an address can be pasted.
 */
export function percentEncode(text: string, keep: 'path' | 'query'): string {
  const encoded = encodeURIComponent(text).replaceAll(/[!'()*]/g, hex);
  return encoded.replaceAll(keep === 'path' ? /%(?:2F|3A|40|2B|2C|3D)/g : /%(?:2F|3A|40|2C)/g, decodeURIComponent);
}

/** The text behind percent-encoding. @throws URIError when it is malformed, or not UTF-8 */
export function percentDecode(text: string): string {
  return decodeURIComponent(text);
}

/** Brings text that is already encoded, and whose decoding means something else to a web server, into canonical form. */
export function percentNormalise(text: string): string {
  return text
    .replaceAll(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase())
    .replaceAll(/[^%A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu, encodeURIComponent);
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
