import { expect, it } from 'vitest';
import { httpOptions } from './http-options.ts';

it('takes what one copy asks for over what the factory was given', () => {
  expect(httpOptions({ connections: 2 }, { connections: 8 })).toEqual({ connections: 8, stallMs: 60_000 });
  expect(httpOptions()).toEqual({ connections: 4, stallMs: 60_000 });
});

it.each([{ connections: 0 }, { connections: 17 }, { connections: 1.5 }, { connections: '4' }, { stallMs: 0 }, { threads: 1 }])(
  'refuses %j',
  (options) => {
    expect(() => httpOptions(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION', origin: 'caller', driver: 'http' }));
  },
);
