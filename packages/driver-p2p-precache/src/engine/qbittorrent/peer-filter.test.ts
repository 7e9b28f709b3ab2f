import { expect, it } from 'vitest';
import { peerFilter } from './peer-filter.ts';

it('leaves nobody but those who are named', () => {
  expect(peerFilter(['192.0.2.7', '0.0.0.0', '192.0.2.9', '255.255.255.255', '2001:db8::1', '::'])).toBe(
    [
      '0.0.0.1 - 192.0.2.6 , 0 , foreign',
      '192.0.2.8 - 192.0.2.8 , 0 , foreign',
      '192.0.2.10 - 255.255.255.254 , 0 , foreign',
      '0:0:0:0:0:0:0:1 - 2001:db8:0:0:0:0:0:0 , 0 , foreign',
      '2001:db8:0:0:0:0:0:2 - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff , 0 , foreign',
      '',
    ].join('\n'),
  );
});

it('of nobody leaves nobody', () => {
  expect(peerFilter([])).toBe(
    '0.0.0.0 - 255.255.255.255 , 0 , foreign\n0:0:0:0:0:0:0:0 - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff , 0 , foreign\n',
  );
});

it('refuses what is no address', () => {
  expect(() => peerFilter(['192.0.2.7\n0.0.0.0'])).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }) as Error);
});
