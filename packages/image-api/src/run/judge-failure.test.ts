import { ImageError } from '@image-api/driver';
import type { ImageErrorOptions } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { judge } from './judge-failure.ts';

const routes = [{ from: 'file', to: 'ssh' }];
const resuming = { routes, resume: true };
const plain = { routes };

function failure(options: Partial<ImageErrorOptions>, more: Partial<Parameters<typeof judge>[0]> = {}): Parameters<typeof judge>[0] {
  const error = new ImageError('it failed', { code: 'TOOL_FAILED', origin: 'driver', ...options });
  return { error, left: false, mayRetry: true, next: plain, ...more };
}

describe('judge', () => {
  it('tries the next driver when no byte was written', () => {
    expect(judge(failure({ untouched: true }))).toBe('next');
  });

  it('fails when bytes were written and nothing can go on from them', () => {
    expect(judge(failure({}))).toBe('fail');
    expect(judge(failure({ retryable: true }, { mayRetry: false, left: true }))).toBe('fail');
  });

  it('hands staging to a driver that can resume once the retries are spent', () => {
    expect(judge(failure({ retryable: true }, { mayRetry: false, left: true, next: resuming }))).toBe('next');
  });

  it('retries the same driver while that may help', () => {
    expect(judge(failure({ retryable: true, code: 'UNREACHABLE' }))).toBe('retry');
  });

  it.each(['HOST_KEY', 'AUTH_DENIED', 'UNSAFE_IMAGE', 'DESTINATION_BUSY', 'SOURCE_CHANGED', 'CANCELLED'] as const)(
    'never works around %s',
    (code) => {
      expect(judge(failure({ code, untouched: true, retryable: true }, { next: resuming }))).toBe('fail');
    },
  );

  it('never tries another driver for a mistake of the caller', () => {
    expect(judge(failure({ origin: 'caller', untouched: true }))).toBe('fail');
  });

  it('fails when there is no other driver', () => {
    expect(judge(failure({ untouched: true }, { next: undefined }))).toBe('fail');
  });
});
