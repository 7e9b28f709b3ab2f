import { expect, it } from 'vitest';
import { deferred } from '../run/deferred.ts';
import { Company } from './company.ts';

it('knows who was alone from the beginning to the end', async () => {
  const company = new Company();
  const [first, third] = [deferred<string>(), deferred<string>()];
  const one = company.during(() => first.promise);
  await expect(company.during(() => Promise.resolve('short'))).resolves.toEqual({ answer: 'short', alone: false });
  const other = company.during(() => third.promise);
  first.resolve('long');
  await expect(one).resolves.toEqual({ answer: 'long', alone: false });
  third.resolve('late');
  await expect(other).resolves.toEqual({ answer: 'late', alone: false });
  await expect(company.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(company.during(() => Promise.resolve('last'))).resolves.toEqual({ answer: 'last', alone: true });
});
