/** What each exit status means, in a few words: the statuses are those of the table of error codes. */
export const exitStatuses: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed',
  2: 'usage: bad option, URI, limit, name or config',
  3: 'no driver can do what was asked',
  4: 'source missing, unreadable or of the wrong kind',
  5: 'destination exists, unwritable, busy or of the wrong kind',
  6: 'no space',
  7: 'host unreachable, access denied, host key unknown',
  8: 'verification failed, or the source changed',
  9: 'unsafe image, or not of the format it was said to be',
  10: 'retries exhausted, stalled, or out of time',
  130: 'cancelled',
};
