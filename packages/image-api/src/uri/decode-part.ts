import { checkText } from './check-path.ts';
import { percentDecode } from './percent.ts';
import { badEndpoint, badPath } from './uri-error.ts';

/**
 * The text behind a percent-encoded part of an address.
 *
 * @param text the whole address, for messages
 */
export function decodePart(raw: string, text: string): string {
  const decoded = decodeOrThrow(raw, text);
  checkText(decoded, text);
  return decoded;
}

/** The same for the path of a file, where an encoded separator would become part of a name. */
export function decodeFilePath(raw: string, text: string): string {
  if (/%2f/i.test(raw)) throw badPath(text, 'has a slash inside a name (%2F)', 'write / between names');
  return decodePart(raw, text);
}

function decodeOrThrow(raw: string, text: string): string {
  try {
    return percentDecode(raw);
  } catch (cause) {
    throw badEndpoint(
      text,
      'has percent-encoding that is not UTF-8',
      'write % itself as %25, or give a plain path, where % needs nothing',
      cause,
    );
  }
}
