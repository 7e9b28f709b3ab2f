import { describe, expect, it } from 'vitest';
import type { CopyOptions } from '../copy-options.ts';
import { checkOptions } from './check-options.ts';

const ids = ['cp', 'rsync'];

describe('checkOptions', () => {
  it('takes every option with a value it can have', () => {
    const options: CopyOptions = {
      limit: 1,
      needs: ['sparse', 'resume'],
      driver: 'cp',
      format: 'raw',
      toFormat: 'qcow2',
      verify: 'sha256',
      overwrite: 'replace',
      delta: true,
      priority: 'idle',
      driverOptions: { rsync: { compress: 'none' } },
      signal: new AbortController().signal,
    };
    expect(() => checkOptions(options, ids)).not.toThrow();
  });

  it.each([
    ['an option that does not exist', { limits: { bandwidth: 1000 } }, /no option limits; there are limit,/],
    ['a need nobody knows', { needs: ['speed'] }, /needs cannot be "speed": it takes sparse,/],
    ['a format nobody knows', { toFormat: 'zip' }, /toFormat cannot be "zip"/],
    ['a value that is not of the list', { overwrite: 'always' }, /never, replace/],
    ['options for a driver that is not there', { driverOptions: { rsnc: {} } }, /driver rsnc is not configured; configured are cp, rsync/],
    ['a delta that has nothing to start from', { delta: true }, /--overwrite replace/],
  ])('refuses %s', (_, options, words) => {
    const check = (): void => checkOptions(options as CopyOptions, ids);
    expect(check).toThrow(words);
    expect(check).toThrow(expect.objectContaining({ code: 'BAD_OPTION', origin: 'caller' }));
  });
});
