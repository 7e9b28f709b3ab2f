import { describe, expect, it } from 'vitest';
import type { ResolvedConfig } from '../config/config.ts';
import type { RuleDecision } from './match-rules.ts';
import { limitsOf, verifyModeOf } from './wish-of.ts';

const config = { limits: { bandwidth: 1 }, verify: 'size' } as unknown as ResolvedConfig;
const noRules: RuleDecision = { names: [], avoid: new Map() };
const digest = `sha256:${'a'.repeat(64)}` as const;

describe('limitsOf', () => {
  it('lets the caller stand over a rule, and a rule over the config', () => {
    const rule: RuleDecision = { ...noRules, limits: { limits: { bandwidth: 2 }, rule: 'rule 1' } };
    expect(limitsOf({ limit: 3 }, rule, config)).toEqual({ bound: { bandwidth: 3 }, limitsFrom: 'option' });
    expect(limitsOf({}, rule, config)).toEqual({ bound: { bandwidth: 2 }, limitsFrom: 'rule' });
    expect(limitsOf({}, noRules, config)).toEqual({ bound: { bandwidth: 1 }, limitsFrom: 'config' });
    expect(limitsOf({}, noRules, { ...config, limits: {} })).toEqual({ bound: {} });
  });

  it('lets the caller lift the limit of the config', () => {
    expect(limitsOf({ limit: 'none' }, noRules, config)).toEqual({ bound: {}, limitsFrom: 'option' });
  });

  it('lets a group have a budget of its own', () => {
    expect(limitsOf({ group: 'host' }, noRules, config)).toEqual({ bound: { group: 'host' }, limitsFrom: 'option' });
    expect(limitsOf({ group: 'host', limit: 5 }, noRules, config).bound).toEqual({ group: 'host', bandwidth: 5 });
    expect(limitsOf({ limit: 'auto:1kB/s' }, noRules, config).bound).toEqual({ auto: true, bandwidth: 1000 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s bytes per second', (limit) => {
    expect(() => limitsOf({ limit }, noRules, config)).toThrow(expect.objectContaining({ code: 'BAD_LIMIT' }));
  });
});

describe('verifyModeOf', () => {
  it('is sha256 where a checksum is given, whatever the config says', () => {
    expect(verifyModeOf({ checksum: digest }, config)).toBe('sha256');
    expect(verifyModeOf({}, config)).toBe('size');
  });

  it('refuses a checksum that would not be checked, or is none', () => {
    expect(() => verifyModeOf({ checksum: digest, verify: 'size' }, config)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => verifyModeOf({ checksum: 'sha256:abc' }, config)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
