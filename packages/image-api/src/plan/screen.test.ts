import type { Capabilities, Need } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { parseUri } from '../uri/parse-uri.ts';
import type { RuleDecision } from './match-rules.ts';
import { screen } from './screen.ts';
import type { Dropped } from './screen.ts';
import type { Wish } from './wish.ts';

const wish: Wish = {
  from: { ...parseUri('/a.qcow2'), facts: { kind: 'file', size: 1, format: 'qcow2' } },
  to: { ...parseUri('ssh://h/b'), facts: { kind: 'absent' } },
  needs: [],
  limits: {},
  priority: 'normal',
};
const noRules: RuleDecision = { names: [], avoid: new Map() };
const routes = [{ from: 'file', to: 'ssh' }];

function dropOf(capabilities: Partial<Capabilities>, more: Partial<Wish> = {}, decision = noRules): Dropped | undefined {
  return screen({ ...wish, ...more }, [{ id: 'one', capabilities: { routes, ...capabilities } }], decision).get('one');
}

describe('screen', () => {
  it('lets a driver on that nothing speaks against', () => {
    expect([...screen(wish, [{ id: 'one', capabilities: { routes } }], noRules)]).toEqual([['one', undefined]]);
  });

  it('drops by the driver asked for', () => {
    expect(dropOf({}, { driver: 'two' })).toEqual({ stage: 'rule', reason: 'not the driver asked for (two)' });
    expect(dropOf({}, { driver: 'one' })).toBeUndefined();
  });

  it('drops by rule and names it', () => {
    const use: RuleDecision = { ...noRules, use: { ids: ['two', 'three'], rule: 'rule 1 (to ssh://**)' } };
    expect(dropOf({}, {}, use)).toEqual({ stage: 'rule', reason: 'rule 1 (to ssh://**) uses only two, three' });
    expect(dropOf({}, {}, { ...noRules, avoid: new Map([['one', 'rule 2 (every copy)']]) })).toEqual({
      stage: 'rule',
      reason: 'rule 2 (every copy) avoids it',
    });
  });

  it('drops by route', () => {
    expect(dropOf({ routes: [{ from: 'ssh', to: 'file' }] })).toEqual({ stage: 'route', reason: 'does not go from file to ssh' });
    expect(dropOf({ routes: [{ from: '*', to: 'file' }] })?.stage).toBe('route');
    expect(dropOf({ routes: [{ from: '*', to: 'ssh' }] })).toBeUndefined();
  });

  it('drops what cannot hold the limit asked for', () => {
    expect(dropOf({}, { limits: { bandwidth: 1 } })).toEqual({ stage: 'need', reason: 'cannot hold a limit' });
    expect(dropOf({ limits: 'start' }, { limits: { bandwidth: 1 } })).toBeUndefined();
  });

  it.each<[Need, Partial<Capabilities>, Partial<Capabilities>]>([
    ['sparse', { sparse: true }, { sparse: false }],
    ['resume', { resume: true }, {}],
    ['delta', { delta: true }, {}],
    ['readyEarly', { readyEarly: true }, {}],
    ['pause', { pause: true }, {}],
    ['limits', { limits: 'start' }, {}],
    ['liveLimits', { limits: 'live' }, { limits: 'start' }],
    ['progress', { progress: 'bytes' }, { progress: 'phases' }],
    ['cache', { cache: true }, {}],
  ])('holds a driver to the need %s', (need, enough, tooLittle) => {
    expect(dropOf(enough, { needs: [need] })).toBeUndefined();
    expect(dropOf(tooLittle, { needs: [need] })?.stage).toBe('need');
  });

  it('drops what cannot convert, unless nothing needs converting', () => {
    const convert = { from: ['raw' as const], to: ['vmdk' as const] };
    const facts = (format: 'raw' | 'iso' | 'vmdk'): Partial<Wish> => ({ from: { ...wish.from, facts: { kind: 'file', format } } });
    expect(dropOf({}, { toFormat: 'vmdk' })).toEqual({ stage: 'need', reason: 'cannot convert to vmdk' });
    expect(dropOf({ convert }, { toFormat: 'vmdk' })?.stage).toBe('need');
    expect(dropOf({ convert }, { toFormat: 'vmdk', ...facts('raw') })).toBeUndefined();
    expect(dropOf({ convert }, { toFormat: 'vmdk', ...facts('iso') })).toBeUndefined();
    expect(dropOf({}, { toFormat: 'vmdk', ...facts('vmdk') })).toBeUndefined();
    expect(dropOf({}, { toFormat: 'raw', ...facts('iso') })).toBeUndefined();
    expect(dropOf({ convert }, { toFormat: 'vmdk', from: { ...wish.from, facts: { kind: 'opaque' } } })).toBeUndefined();
    expect(dropOf({}, { toFormat: 'raw', from: { ...wish.from, facts: { kind: 'opaque' } } })?.reason).toBe('cannot convert to raw');
  });

  it('drops what cannot give way', () => {
    expect(dropOf({}, { priority: 'idle' })).toEqual({ stage: 'need', reason: 'cannot copy at idle priority' });
    expect(dropOf({ idle: true }, { priority: 'idle' })).toBeUndefined();
  });
});
