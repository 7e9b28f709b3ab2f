import { ImageError } from '@image-api/driver';
import type { ErrorCode, ErrorOrigin } from '@image-api/driver';

/** Which side the words are about, and how a person calls it. */
export interface About {
  readonly side: 'source' | 'destination';
  readonly name: string;
  /** Nothing was written to the destination yet. Default false. */
  readonly untouched?: boolean;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly words: string;
  readonly retryable?: boolean;
}

type Pattern = readonly [RegExp, { readonly [Side in About['side']]: Meaning }];

const noSpace: Meaning = { code: 'NO_SPACE', words: 'there is no room left for it; free some, and start the same copy again' };
const damaged: Meaning = { code: 'UNSAFE_IMAGE', words: 'it is damaged, or made for a newer QEMU; see `imagectl inspect`' };
const wrongFormat: Meaning = { code: 'FORMAT_MISMATCH', words: 'it is not of the format it was said to be; see `imagectl inspect`' };
const scarce: Meaning = { code: 'RESOURCES', words: 'the machine is out of memory or open files', retryable: true };
const both = (meaning: Meaning): Pattern[1] => ({ source: meaning, destination: meaning });

/** From the particular to the general. The words are those of QEMU 7 to 10, and of the system. */
const patterns: readonly Pattern[] = [
  [
    /Failed to get .*lock|is being used by another process|Device or resource busy/i,
    {
      source: { code: 'SOURCE_UNREADABLE', words: 'another program is writing to it; copy a source nobody writes to, such as a snapshot' },
      destination: { code: 'DESTINATION_BUSY', words: 'another program has it open; wait for that to end' },
    },
  ],
  [/No space left on device|Disk quota exceeded|File too large/i, both(noSpace)],
  [/Image is not in .* format|not a (valid )?\w+ (image|file)|invalid .*(magic|signature)/i, both(wrongFormat)],
  [/Unsupported .*feature|Unknown incompatible|L1 (size|table)|too (big|large)|Unsupported cluster size|corrupt/i, both(damaged)],
  [
    /Connection refused|Connection reset|Failed to connect|No route to host|timed? ?out|Name or service|not known|Broken pipe|Unexpected end-of-file/i,
    both({ code: 'UNREACHABLE', words: 'it does not answer; check its address and the network', retryable: true }),
  ],
  [
    /Requested export not available|export .* not (present|found)|No such file or directory/i,
    {
      source: { code: 'SOURCE_MISSING', words: 'there is no such thing there; check the path, the socket and the name of the export' },
      destination: { code: 'DESTINATION_UNWRITABLE', words: 'it is gone' },
    },
  ],
  [
    /Permission denied|Operation not permitted|Read-only file system/i,
    {
      source: { code: 'SOURCE_UNREADABLE', words: 'it may not be read by this user' },
      destination: { code: 'DESTINATION_UNWRITABLE', words: 'it may not be written by this user' },
    },
  ],
  [/Cannot allocate memory|Too many open files|Resource temporarily unavailable/i, both(scarce)],
  [
    /Input\/output error/i,
    {
      source: { code: 'READ_FAILED', words: 'reading it failed; check the disk it is on, or the server that has it' },
      destination: { code: 'WRITE_FAILED', words: 'writing it failed; check the disk it is on' },
    },
  ],
];

/** What QEMU's words mean for one side of a copy. */
export function explainWords(
  words: string,
  { side, name, untouched = false }: About,
  details: Readonly<Record<string, unknown>> = {},
): ImageError {
  const meaning = patterns.find(([pattern]) => pattern.test(words))?.[1][side];
  const origin: ErrorOrigin = meaning ? side : 'driver';
  const code = meaning?.code ?? 'TOOL_FAILED';
  const message = meaning ? `${name}: ${meaning.words} (QEMU says: ${words})` : `${name}: QEMU refuses: ${words}`;
  return new ImageError(message, { code, origin, driver: 'qemu-stream', retryable: meaning?.retryable ?? false, untouched, details });
}

/**
 * What the error of a job means, which says only that something failed. Where there is no room it is the destination; else it is taken to be
 * the source, which is farther away.
 *
 * @param isRemote the source is behind a network, and may be there again
 */
export function explainJobError(words: string, from: string, to: string, isRemote: boolean): ImageError {
  if (/No space left|quota|File too large/i.test(words)) return explainWords(words, { side: 'destination', name: to });
  if (!isRemote) return explainWords(words, { side: 'source', name: from });
  const message = `${from}: it went away, or failed to read, and was waited for; the same copy goes on from what is there (QEMU says: ${words})`;
  return new ImageError(message, { code: 'UNREACHABLE', origin: 'source', driver: 'qemu-stream', retryable: true });
}
