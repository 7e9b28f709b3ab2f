import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResolvedConfig } from '../config/config.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { matchGlob } from './match-glob.ts';
import { matchRules } from './match-rules.ts';
import type { RuleDecision } from './match-rules.ts';

type Rules = ResolvedConfig['rules'];

function decide(rules: Rules, facts: ResolvedConfig['facts'] = {}, from = '/vm/a.raw', to = 'ssh://backup-1/b.raw'): RuleDecision {
  return matchRules(parseUri(from), parseUri(to), { rules, facts });
}

describe('matchGlob', () => {
  it.each([
    ['ssh://**', 'ssh://h/a/b', true],
    ['ssh://backup-*/**', 'ssh://backup-12/a/b', true],
    ['ssh://backup-*/**', 'ssh://other/backup-1/a', false],
    ['ssh://*', 'ssh://h/a', false],
    ['**/x.raw', 'file:///a/b/x.raw', true],
    ['file:///vm/*.raw', 'file:///vm/a/b.raw', false],
    ['qmp+unix:///run/*?device=*', 'qmp+unix:///run/vm.qmp?device=d0', true],
    ['file:///a.c', 'file:///abc', false],
    ['file:///[a]', 'file:///a', false],
    ['file:///***', 'file:///a/b', true],
    ['', 'x', false],
  ])('%s on %s: %s', (pattern, text, matches) => {
    expect(matchGlob(pattern, text)).toBe(matches);
  });

  it('covers any text by itself, unless it holds a star, and by two stars', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, other) => {
        expect(matchGlob(text.replaceAll('*', 'x'), text.replaceAll('*', 'x'))).toBe(true);
        expect(matchGlob('**', text)).toBe(true);
        expect(matchGlob(`**${text.replaceAll('*', '')}`, other + text.replaceAll('*', ''))).toBe(true);
      }),
    );
  });
});

describe('matchRules', () => {
  it('says nothing where no rule applies', () => {
    expect(decide([{ to: 'rsync://**', use: ['rsync'] }])).toEqual({ names: [], avoid: new Map() });
  });

  it('names a rule by its place and what it asks for', () => {
    const rules: Rules = [{ to: 'nbd://**' }, { from: 'file:///vm/**', to: 'ssh://**', when: { zone: 'b', spare: true } }, {}];
    expect(decide(rules, { zone: 'b', spare: true }).names).toEqual([
      'rule 2 (from file:///vm/**, to ssh://**, when zone=b, when spare=true)',
      'rule 3 (every copy)',
    ]);
  });

  it('follows the configured facts, and no inherited ones', () => {
    const rules: Rules = [
      { when: { zone: 'b' }, use: ['rsync'] },
      { when: { constructor: 'x' }, use: ['cp'] },
    ];
    expect(decide(rules, { zone: 'b' }).use).toEqual({ ids: ['rsync'], rule: 'rule 1 (when zone=b)' });
    expect(decide(rules, { zone: 'c' }).use).toBeUndefined();
    expect(decide(rules).use).toBeUndefined();
  });

  it('does not look at a user or port that the pattern leaves out', () => {
    const rules: Rules = [{ to: 'ssh://backup-1/**', use: ['scp'] }];
    const used = ['ssh://backup-1/x', 'ssh://root@backup-1/x', 'ssh://root@backup-1:2222/x'].map(
      (to) => decide(rules, {}, '/a', to).use?.ids,
    );
    expect(used).toEqual([['scp'], ['scp'], ['scp']]);
  });

  it('looks at a user or port that the pattern gives', () => {
    const rules: Rules = [{ to: 'ssh://root@backup-1/**', use: ['scp'] }];
    expect(decide(rules, {}, '/a', 'ssh://root@backup-1:22/x').use?.ids).toEqual(['scp']);
    expect(decide(rules, {}, '/a', 'ssh://guest@backup-1/x').use).toBeUndefined();
  });

  it('lets the later rule win, and gathers what is avoided', () => {
    const decision = decide([
      { use: ['cp'], avoid: ['scp', 'rsync'], limits: { bandwidth: 1 } },
      { to: 'ssh://**', use: ['scp', 'cp'], avoid: ['cp'], limits: {} },
    ]);
    const [first, second] = ['rule 1 (every copy)', 'rule 2 (to ssh://**)'];
    expect(decision).toEqual({
      names: [first, second],
      use: { ids: ['scp', 'cp'], rule: second },
      avoid: new Map([
        ['rsync', first],
        ['cp', second],
      ]),
      limits: { limits: {}, rule: second },
    });
  });
});
