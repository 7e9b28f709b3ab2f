/**
 * Every code an `ImageError` can have, with the exit status `imagectl` gives it, what it means, and the way out. The one table:
 * types, exit statuses and the page in the docs are made from it.
 */
export const errorCodes = {
  BAD_ENDPOINT: { exitStatus: 2, meaning: 'a path or URI is malformed', wayOut: 'write it as in the list of URIs; quote it for your shell' },
  BAD_PATH: { exitStatus: 2, meaning: 'a path holds a control character, or is too long', wayOut: 'rename the file' },
  UNKNOWN_SCHEME: { exitStatus: 2, meaning: 'no driver and no part of the core knows the scheme', wayOut: 'use a scheme listed by `imagectl drivers`, or install the driver for it' },
  BAD_LIMIT: { exitStatus: 2, meaning: 'a rate is malformed or has no unit', wayOut: 'give a unit: 50MiB/s, 50MB/s, 400Mbit/s, or none' },
  BAD_OPTION: { exitStatus: 2, meaning: 'an option has a value it cannot have', wayOut: 'see the message for the values it takes' },
  BAD_CONFIG: { exitStatus: 2, meaning: 'the config file is not valid', wayOut: 'mend the key the message names' },
  UNKNOWN_DRIVER: { exitStatus: 2, meaning: 'a driver is named that is not installed or not configured', wayOut: 'install its package, or mend the name' },
  NO_DRIVER: { exitStatus: 3, meaning: 'no configured driver can do what was asked', wayOut: 'read the reason beside each driver; drop the demand or install the tool' },
  UNSUPPORTED: { exitStatus: 3, meaning: 'the driver of a running copy cannot do what was asked of it', wayOut: 'start the copy with the need spelled out, so that a driver is chosen that can' },
  SOURCE_MISSING: { exitStatus: 4, meaning: 'there is nothing to copy at the source', wayOut: 'check the path and the host' },
  SOURCE_UNREADABLE: { exitStatus: 4, meaning: 'the source may not be read', wayOut: 'check its permissions' },
  SOURCE_KIND: { exitStatus: 4, meaning: 'the source is not a file or a block device', wayOut: 'name an image, not a directory, pipe or socket' },
  DESTINATION_EXISTS: { exitStatus: 5, meaning: 'the destination exists', wayOut: 'add --overwrite replace, or choose another name' },
  DESTINATION_UNWRITABLE: { exitStatus: 5, meaning: 'the destination may not be written, or its directory is missing', wayOut: 'check the directory and its permissions' },
  DESTINATION_BUSY: { exitStatus: 5, meaning: 'another copy, or the system, is using the destination', wayOut: 'wait for the other copy, or unmount the device' },
  DESTINATION_KIND: { exitStatus: 5, meaning: 'the destination is of a kind that is never written over', wayOut: 'name a file or a block device, not a link, directory or pipe' },
  SAME_FILE: { exitStatus: 5, meaning: 'source and destination are one and the same', wayOut: 'choose another destination' },
  NO_SPACE: { exitStatus: 6, meaning: 'there is no room for the image', wayOut: 'free the bytes the message names, or choose another filesystem' },
  UNREACHABLE: { exitStatus: 7, meaning: 'a host does not answer, or the connection was lost', wayOut: 'check its name, the network, and `ssh HOST true`' },
  AUTH_DENIED: { exitStatus: 7, meaning: 'a host refused us', wayOut: 'check user and key with `ssh HOST true`' },
  HOST_KEY: { exitStatus: 7, meaning: 'a host key is unknown or has changed', wayOut: 'make sure it is the right host, then add its key to known_hosts' },
  VERIFY_FAILED: { exitStatus: 8, meaning: 'what arrived is not what was sent', wayOut: 'copy again; if it happens twice, suspect memory, disk or network' },
  SOURCE_CHANGED: { exitStatus: 8, meaning: 'the source changed while it was copied', wayOut: 'copy a source nobody writes to, such as a snapshot' },
  UNSAFE_IMAGE: { exitStatus: 9, meaning: 'the image refers to other files, or is damaged in a dangerous way', wayOut: 'see `imagectl inspect`' },
  FORMAT_MISMATCH: { exitStatus: 9, meaning: 'the image is not of the format it was said to be', wayOut: 'see `imagectl inspect`' },
  RETRIES_EXHAUSTED: { exitStatus: 10, meaning: 'every try failed', wayOut: 'the cause names the last failure; start the same copy again to go on' },
  STALLED: { exitStatus: 10, meaning: 'no byte moved for too long', wayOut: 'check the far end and the network; start the same copy again' },
  DEADLINE: { exitStatus: 10, meaning: 'it took longer than allowed', wayOut: 'allow more time' },
  CANCELLED: { exitStatus: 130, meaning: 'it was cancelled', wayOut: 'start the same copy again' },
  READ_FAILED: { exitStatus: 1, meaning: 'reading the source failed', wayOut: 'check the disk it is on' },
  WRITE_FAILED: { exitStatus: 1, meaning: 'writing the destination failed', wayOut: 'check the disk it is on' },
  TOOL_MISSING: { exitStatus: 1, meaning: 'a tool is not installed', wayOut: 'install it, or let another driver do the copy' },
  TOOL_FAILED: { exitStatus: 1, meaning: 'a tool ended with an error', wayOut: 'read its words in the message' },
  RESOURCES: { exitStatus: 1, meaning: 'the machine is out of memory, processes or open files', wayOut: 'raise the limit, or run fewer copies at once' },
  INTERNAL: { exitStatus: 1, meaning: 'a mistake of this software', wayOut: 'report it with --debug' },
} as const;

/** The condition, never the tool. Switch on it. */
export type ErrorCode = keyof typeof errorCodes;

/** The exit status `imagectl` ends with for a code. */
export function exitStatus(code: ErrorCode): number {
  return errorCodes[code].exitStatus;
}
