import { describe, expect, it } from 'vitest';
import { patienceMs, scpProgress } from './scp-progress.ts';

describe('scpProgress', () => {
  it('counts what arrived as read', () => {
    expect(scpProgress(100, 60)).toEqual({ bytesLogical: 60, bytesRead: 60, bytesSkipped: 0 });
  });

  it('never passes the size', () => {
    expect(scpProgress(100, 120).bytesLogical).toBe(100);
  });
});

describe('patienceMs', () => {
  it('is what was asked for without a limit', () => {
    expect(patienceMs(60_000, undefined)).toBe(60_000);
  });

  it('grows with the time one piece takes under a low limit', () => {
    expect(patienceMs(60_000, 1024)).toBeGreaterThan(60_000 + 255_000);
    expect(patienceMs(60_000, 100e6)).toBeLessThan(60_100);
  });
});
