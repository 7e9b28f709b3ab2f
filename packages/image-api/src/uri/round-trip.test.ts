import { isImageError } from '@image-api/driver';
import type { Endpoint } from '@image-api/driver';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUri } from './format-uri.ts';
import { parseUri } from './parse-uri.ts';

const name = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...Array.from('a~ .%?#&=+:@[]\\\'"$();*!é😀-')), minLength: 1, maxLength: 12 }),
  )
  .filter((text) => !/[\p{Cc}\p{Surrogate}/]/u.test(text) && text !== '.' && text !== '..');
const names = fc.array(fc.oneof(name, fc.constant('~')), { minLength: 1, maxLength: 5 });
const absolute = names.map((parts) => `/${parts.join('/')}`);
const relative = names.map((parts) => parts.join('/'));
const param = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !/[\p{Cc}\p{Surrogate}]/u.test(text));
const params = fc.dictionary(
  param.filter((text) => text !== ''),
  param,
  { maxKeys: 4, noNullPrototype: true },
);
const host = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,30}$/), fc.ipV4(), fc.ipV6());
const authority = fc.record(
  { host, port: fc.integer({ min: 1, max: 65_535 }), user: fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/) },
  { requiredKeys: ['host'] },
);
const webPath = fc
  .array(fc.oneof(name.map(encodeURIComponent), fc.constantFrom('', '.', "a;b=c!'()*", '%2F')), { minLength: 1, maxLength: 4 })
  .map((parts) => `/${parts.join('/')}`);

const none = fc.constant({});
const parts: fc.Arbitrary<Omit<Endpoint, 'href'>> = fc.oneof(
  fc.record({ scheme: fc.constant('file'), path: absolute, params: none }),
  fc.record({ scheme: fc.constant('ssh'), authority, path: fc.oneof(absolute, relative), params: none }),
  fc.record({ scheme: fc.constant('rsync'), authority, path: relative.map((path) => `/module/${path}`), params: none }),
  fc.record({ scheme: fc.constantFrom('http', 'https'), authority, path: webPath, params }),
  fc.record({ scheme: fc.constantFrom('nbd', 's3', 'a+b.c-d'), authority, path: absolute, params }),
  fc.record({ scheme: fc.constant('nbd+unix'), path: absolute, params: params.map((given) => ({ ...given, socket: '/run/a b.sock' })) }),
  fc.record({ scheme: fc.constant('qmp+unix'), path: absolute, params }),
  fc.record({ scheme: fc.constant('p2p'), path: name, params }),
);

describe('parsing and printing', () => {
  it('are inverses for every endpoint of every scheme', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const href = formatUri(given);
        expect(parseUri(href)).toEqual({ ...given, href });
      }),
      { numRuns: 2000 },
    );
  });

  it('print only characters that any shell, log or page takes', () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(formatUri(given)).toMatch(/^[!-~]+$/);
      }),
    );
  });

  it('settle after one step, whatever text was accepted', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom(
          'ssh:',
          'file:',
          'http:',
          's3:',
          'nbd:',
          '//',
          '/',
          '~',
          '%7E',
          '%2F',
          '%',
          '?',
          '#',
          '&',
          '=',
          '+',
          ':',
          '@',
          '[',
          ']',
          '::1',
          '.',
          '..',
          'a',
          'é',
          ' ',
        ),
        maxLength: 12,
      }),
    );
    fc.assert(
      fc.property(text, (given) => {
        const endpoint = accepted(given);
        expect(endpoint && parseUri(endpoint.href)).toEqual(endpoint);
      }),
      { numRuns: 5000 },
    );
  });

  it('never throw anything but an ImageError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        expect(() => accepted(given)).not.toThrow();
      }),
    );
  });
});

/** `undefined` when it is refused in the way it must be. */
function accepted(text: string): Endpoint | undefined {
  try {
    return parseUri(text, { cwd: '/here' });
  } catch (error) {
    if (isImageError(error) && (error.code === 'BAD_ENDPOINT' || error.code === 'BAD_PATH')) return undefined;
    throw error;
  }
}
