import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainJobError, explainWords } from './qemu-stream-errors.ts';

const refusals = JSON.parse(readFileSync(new URL('__fixtures__/qemu-7.2-refusals.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;
const about = (side: 'source' | 'destination'): Parameters<typeof explainWords>[1] => ({ side, name: '/images/disk' });

describe('explainWords', () => {
  it.each([
    ['a file that is missing', 'SOURCE_MISSING', 'DESTINATION_UNWRITABLE'],
    ['not of the format', 'FORMAT_MISMATCH', 'FORMAT_MISMATCH'],
    ['a socket that is not there', 'UNREACHABLE', 'UNREACHABLE'],
    ['a port where nobody listens', 'UNREACHABLE', 'UNREACHABLE'],
    ['an export that is not there', 'SOURCE_MISSING', 'DESTINATION_UNWRITABLE'],
    ['somebody writes to it', 'SOURCE_UNREADABLE', 'DESTINATION_BUSY'],
    ['a feature of a newer QEMU', 'UNSAFE_IMAGE', 'UNSAFE_IMAGE'],
    ['a full disk', 'NO_SPACE', 'NO_SPACE'],
    ['a broken disk', 'READ_FAILED', 'WRITE_FAILED'],
  ])('knows what QEMU means by %s', (name, source, destination) => {
    const words = refusals[name] ?? '';
    expect(explainWords(words, about('source'))).toMatchObject({ code: source, origin: 'source' });
    expect(explainWords(words, about('destination'))).toMatchObject({ code: destination, origin: 'destination' });
    expect(explainWords(words, about('source')).message).toContain(words);
  });

  it('lets only what may pass be tried again', () => {
    expect(explainWords(refusals['a port where nobody listens'] ?? '', about('source')).retryable).toBe(true);
    expect(explainWords(refusals['not of the format'] ?? '', about('source')).retryable).toBe(false);
  });

  it('hands on words that it does not know', () => {
    const error = explainWords('The moon is in the wrong house', about('source'));
    expect(error).toMatchObject({ code: 'TOOL_FAILED', origin: 'driver', retryable: false });
    expect(error.message).toContain('moon');
  });
});

describe('explainJobError', () => {
  it('takes no room for the destination, all else for the source', () => {
    expect(explainJobError('No space left on device', 'a', 'b', true)).toMatchObject({ code: 'NO_SPACE', origin: 'destination' });
    expect(explainJobError('Input/output error', 'a', 'b', false)).toMatchObject({
      code: 'READ_FAILED',
      origin: 'source',
      retryable: false,
    });
    expect(explainJobError('Input/output error', 'a', 'b', true)).toMatchObject({ code: 'UNREACHABLE', origin: 'source', retryable: true });
  });
});
