import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { judgeCells } from '../scripts/check/fault-cells.mjs';
import { afterSecondTry, countTests, failedAmidOthers, inShort } from '../scripts/check/vitest-step.mjs';
import { isUpToDate } from '../scripts/install-dependencies.mjs';

describe('where nothing is installed yet', () => {
  // Each is given what it refuses, once it has loaded.
  it.each([
    ['check.mjs', ['--no-such-option'], 'no-such-option'],
    ['quickstart.mjs', ['one'], 'usage: npm run quickstart'],
  ])('%s starts', async (name, args, refusal) => {
    const bare = await mkdtemp(join(tmpdir(), 'bare-'));
    onTestFinished(() => rm(bare, { recursive: true }));
    await cp(join(import.meta.dirname, '../scripts'), join(bare, 'scripts'), { recursive: true });
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, [join(bare, 'scripts', name), ...args], (_error, _stdout, stderr) => resolve(stderr));
    });
    expect(said).toContain(refusal);
  });
});

describe('counting the tests of a run', () => {
  const report = (...statuses: string[]) => ({
    testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: statuses.map((status) => ({ status, fullName: 'a fact' })) }],
  });
  const ran = { ok: true, output: '' };

  it('tells passed, failed and skipped apart', () => {
    expect(countTests(report('passed', 'passed', 'failed', 'skipped', 'todo'), { ...ran, ok: false })).toMatchObject({
      passed: 2,
      failed: 1,
      skipped: 2,
    });
  });

  it('names what was skipped', () => {
    expect(countTests(report('passed', 'pending'), ran).remarks).toEqual([expect.stringMatching(/^skipped: .*a\.test\.ts: a fact$/)]);
    expect(countTests(report('skipped', 'skipped', 'todo'), ran).remarks).toEqual([expect.stringMatching(/: a fact, and 2 more$/)]);
  });

  it('takes a run that skips everything for what it is', () => {
    expect(countTests(report('skipped', 'skipped'), ran)).toMatchObject({ passed: 0, failed: 0, skipped: 2 });
  });

  it('counts a file that does not load as a failure', () => {
    const unloaded = { testResults: [...report('passed').testResults, { name: 'b.test.ts', status: 'failed', assertionResults: [] }] };
    expect(countTests(unloaded, { ...ran, ok: false })).toMatchObject({ passed: 1, failed: 1 });
  });

  it.each([
    ['without a report', undefined, false],
    ['of no test at all', report(), true],
    ['that fails for another reason', report('passed'), false],
  ])('counts a run %s as a failure', (_, given, ok) => {
    expect(countTests(given, { ...ran, ok })).toMatchObject({ failed: 1 });
  });
});

describe('tests that failed amid all the others', () => {
  const file = (name: string, ...statuses: string[]) => ({
    name,
    status: statuses.every((status) => status === 'passed') ? 'passed' : 'failed',
    assertionResults: statuses.map((status, index) => ({
      status,
      fullName: `fact ${index}`,
      failureMessages: ['Late: by\n  7 s\n    at wait (a.ts:7)'],
    })),
  });
  const report = { testResults: [file('a.test.ts', 'passed', 'failed'), file('b.test.ts', 'failed')] };
  const failed = [
    { file: 'a.test.ts', fullName: 'fact 1', said: 'Late: by\n        7 s' },
    { file: 'b.test.ts', fullName: 'fact 0', said: 'Late: by\n        7 s' },
  ];

  it('are tried again', () => {
    expect(failedAmidOthers(report, { output: '' })).toEqual(failed);
  });

  it.each([
    ['there is no report', undefined, ''],
    ['there are many', { testResults: [file('a.test.ts', ...Array.from({ length: 25 }, () => 'failed'))] }, ''],
    ['an error was not handled', report, 'Unhandled Errors'],
    ['the run was ended', report, 'node took longer than 5 s and was ended'],
  ])('are not, where %s', (_, given, output) => {
    expect(failedAmidOthers(given, { output })).toEqual([]);
  });

  it('are tried again with all the others of a file that failed before them', () => {
    const unloaded = { ...file('c.test.ts', 'skipped', 'skipped'), status: 'failed', message: 'no host' };
    const [again] = failedAmidOthers({ testResults: [unloaded] }, { output: '' });
    expect(again).toEqual({ file: 'c.test.ts', said: 'no host', counted: { passed: 0, failed: 0, skipped: 2 } });
    const outcome = { passed: 5, failed: 1, skipped: 2 };
    expect(afterSecondTry(outcome, [again!], { testResults: [file('c.test.ts', 'passed', 'passed')] })).toEqual({
      passed: 7,
      failed: 0,
      skipped: 0,
      remarks: ['passed only by itself: c.test.ts: all of it; before: no host'],
    });
    for (const second of [file('c.test.ts', 'passed', 'failed'), unloaded])
      expect(afterSecondTry(outcome, [again!], { testResults: [second] })).toMatchObject(outcome);
  });

  it.each([
    ['was not read at all', [], { passed: 7, failed: 0, skipped: 2 }],
    ['failed after its tests', ['passed', 'passed'], { passed: 5, failed: 0, skipped: 2 }],
  ])('count once where their file %s', (_, statuses, after) => {
    const unloaded = { ...file('c.test.ts', ...statuses), status: 'failed', message: 'no host' };
    const failed = failedAmidOthers({ testResults: [unloaded] }, { output: '' });
    const second = { testResults: [file('c.test.ts', 'passed', 'passed')] };
    expect(afterSecondTry({ passed: 5, failed: 1, skipped: 2 }, failed, second)).toMatchObject(after);
  });

  it('are told in a line each ahead of all that is said of them', () => {
    const words = inShort(report, ' ✓ much that passed\n⎯⎯ Failed Tests 2 ⎯⎯\nat length');
    expect(words.split('\n')).toEqual([
      'failed: a.test.ts: fact 1: Late: by',
      'failed: b.test.ts: fact 0: Late: by',
      '⎯⎯ Failed Tests 2 ⎯⎯',
      'at length',
    ]);
    expect(inShort(undefined, 'it broke')).toBe('it broke');
  });

  it('count as what they are then, and are named where they pass', () => {
    const second = { testResults: [file('a.test.ts', 'skipped', 'passed'), file('b.test.ts', 'failed')] };
    expect(afterSecondTry({ passed: 1, failed: 2, skipped: 0, remarks: ['one'] }, failed, second)).toEqual({
      passed: 2,
      failed: 1,
      skipped: 0,
      remarks: ['one', 'passed only by itself: a.test.ts: fact 1; before: Late: by\n        7 s'],
    });
    expect(afterSecondTry({ passed: 1, failed: 2, skipped: 0 }, failed, undefined)).toMatchObject({ failed: 2 });
  });
});

describe('the cells of the fault matrix', () => {
  const promised = { ends: ['DONE'], name: ['the new image'], beside: ['nothing'], again: [] };
  const ways = { cp: promised, rsync: { ...promised, onlyAll: true as const } };
  const tables = [{ rows: [{ fault: 'it rains', injected: 'with a can', ways }] }];
  const record = { fault: 'it rains', way: 'cp', promised };

  it('were tried', () => {
    expect(judgeCells(tables, [record, record], { all: false, mustRun: true })).toMatchObject({ passed: 1, failed: 0 });
  });

  it.each([
    ['of which one was not tried', [], false],
    ['of which one was tried for another promise', [{ ...record, promised: { ...promised, ends: ['NO_SPACE'] } }], false],
    ['of which one is for the long check', [record], true],
  ])('%s', (_, records, all) => {
    expect(judgeCells(tables, records, { all, mustRun: true })).toMatchObject({ passed: 0, failed: 1 });
    expect(judgeCells(tables, records, { all, mustRun: false })).toMatchObject({ failed: 0, skipped: 1 });
  });
});

describe('node_modules', () => {
  const lock = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } };

  it.each([
    ['as the lock file says', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } }, true],
    ['without what is optional', { 'node_modules/a': { version: '1.0.0' } }, true],
    ['with another version', { 'node_modules/a': { version: '1.0.1' } }, false],
    ['with another optional version', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' } }, false],
    ['with a package missing', {}, false],
  ])('%s: %#', (_, installed, upToDate) => {
    expect(isUpToDate(lock, installed, () => true)).toBe(upToDate);
  });

  it('whose folder was removed since', () => {
    expect(isUpToDate(lock, lock, (path) => path !== 'node_modules/a')).toBe(false);
  });
});
