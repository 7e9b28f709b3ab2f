import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

it('understands seconds and dates, and nothing else', () => {
  const now = Date.parse('2026-11-20T10:00:00Z');
  expect(retryAfterMs('120', now)).toBe(120_000);
  expect(retryAfterMs('Fri, 20 Nov 2026 10:00:30 GMT', now)).toBe(30_000);
  expect(retryAfterMs('Fri, 20 Nov 2026 09:00:00 GMT', now)).toBe(0);
  expect(retryAfterMs('soon', now)).toBe(0);
  expect(retryAfterMs(undefined, now)).toBe(0);
});
