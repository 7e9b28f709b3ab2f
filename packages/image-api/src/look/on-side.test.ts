import { ImageError } from '@image-api/driver';
import { fileError } from '@image-api/host';
import { describe, expect, it } from 'vitest';
import { parseUri } from '../uri/parse-uri.ts';
import { onSide } from './on-side.ts';

const to = parseUri('ssh://box/srv/disk.raw');

async function thrown(error: unknown): Promise<unknown> {
  try {
    return await onSide('destination', to, async () => {
      throw error;
    });
  } catch (caught) {
    return caught;
  }
}

describe('onSide', () => {
  it('tells a file that a host took for a source by the end it really is', async () => {
    const failure = fileError({ side: 'source', host: 'box', path: '/srv', action: 'read', errno: 'EACCES' });
    expect(failure.code).toBe('SOURCE_UNREADABLE');
    expect(await thrown(failure)).toMatchObject({
      code: 'DESTINATION_UNWRITABLE',
      origin: 'destination',
      message: expect.stringContaining(to.href),
    });
  });

  it('names the endpoint of a host that does not answer, and keeps that it may pass', async () => {
    const failure = new ImageError('cannot reach box', { code: 'UNREACHABLE', origin: 'core', retryable: true });
    expect(await thrown(failure)).toMatchObject({
      code: 'UNREACHABLE',
      origin: 'destination',
      retryable: true,
      message: `${to.href}: cannot reach box`,
    });
  });

  it('leaves alone what names the endpoint already, and what is not an error of ours', async () => {
    const failure = new ImageError(`${to.href} exists`, { code: 'DESTINATION_EXISTS', origin: 'destination' });
    expect(await thrown(failure)).toBe(failure);
    const other = new TypeError('x');
    expect(await thrown(other)).toBe(other);
  });
});
