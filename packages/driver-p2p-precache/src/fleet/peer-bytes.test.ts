import { expect, it } from 'vitest';
import { PeerBytes } from './peer-bytes.ts';

it('adds up what came from one address over connections that come and go', () => {
  const bytes = new PeerBytes('192.0.2.1');
  bytes.note([
    { address: '192.0.2.1:4000', downloaded: 100 },
    { address: '192.0.2.10:4000', downloaded: 7 },
  ]);
  bytes.note([]);
  bytes.note([{ address: '192.0.2.1:5000', downloaded: 30 }]);
  bytes.note([{ address: '192.0.2.1:5000', downloaded: 40 }]);
  expect(bytes.total).toBe(140);
});

it('counts a connection that begins anew under the same port', () => {
  const bytes = new PeerBytes('2001:db8::1');
  bytes.note([{ address: '[2001:db8::1]:4000', downloaded: 100 }]);
  bytes.note([{ address: '[2001:db8::1]:4000', downloaded: 10 }]);
  expect(bytes.total).toBe(110);
});
