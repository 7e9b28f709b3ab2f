import { describe, expect, it } from 'vitest';
import { isModern } from './scp-version.ts';

describe('isModern', () => {
  it.each(['9.0', '9.2p1', '10.0p2'])('takes %s', (version) => {
    expect(isModern(version)).toBe(true);
  });

  it.each(['8.9p1', '7.4', 'unknown', ''])('refuses %j', (version) => {
    expect(isModern(version)).toBe(false);
  });
});
