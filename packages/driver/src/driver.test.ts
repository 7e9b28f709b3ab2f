import { describe, expect, it } from 'vitest';
import { defineDriver } from './driver.ts';
import type { Driver } from './driver.ts';

const driver: Driver = {
  specVersion: 1,
  id: 'two-words',
  capabilities: { routes: [{ from: 'file', to: 'file' }] },
  probe: () => Promise.resolve({ available: true, detail: 'always' }),
  offer: () => Promise.resolve({ accept: false, reason: 'never' }),
  transfer: () => Promise.resolve({ counters: {} }),
};

describe('defineDriver', () => {
  it('gives back the driver it was given, its claims frozen to the last route', () => {
    const defined = defineDriver({ ...driver, capabilities: { routes: [{ from: 'file', to: 'file' }] } });
    expect(defined.id).toBe('two-words');
    expect(Object.isFrozen(defined.capabilities)).toBe(true);
    expect(Object.isFrozen(defined.capabilities.routes[0])).toBe(true);
  });

  it.each([
    ['an id that is not kebab-case', { ...driver, id: 'TwoWords' }],
    ['a driver without a route', { ...driver, capabilities: { routes: [] } }],
    ['a claim without its method', { ...driver, capabilities: { routes: [{ from: 'file', to: 'file' }], cache: true } }],
    ['a contract it does not know', { ...driver, specVersion: 2 as 1 }],
  ])('refuses %s', (_, wrong) => {
    expect(() => defineDriver(wrong)).toThrow(TypeError);
  });
});
