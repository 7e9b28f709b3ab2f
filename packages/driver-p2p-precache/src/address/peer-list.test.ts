import { expect, it } from 'vitest';
import { formatPeer, parsePeers } from './peer-list.ts';

it('reads names and addresses with their ports, and prints them again', () => {
  const text = 'host-1.example:6881,10.0.0.2:1,[2001:db8::1]:65535';
  const peers = parsePeers(text);
  expect(peers).toEqual([
    { host: 'host-1.example', port: 6881 },
    { host: '10.0.0.2', port: 1 },
    { host: '2001:db8::1', port: 65_535 },
  ]);
  expect(peers?.map(formatPeer).join(',')).toBe(text);
});

it.each([
  '',
  'host',
  'host:',
  ':1',
  'host:0',
  'host:65536',
  'host:1,',
  'a b:1',
  '-o:1',
  '[::1:1',
  '::1:1',
  'host:1\n',
  '[fe80::1%eth0]:1',
  'u@h:1',
])('reads nothing from %j', (text) => expect(parsePeers(text)).toBeUndefined());

it('takes no more peers than anybody types', () => {
  expect(parsePeers(Array.from({ length: 64 }, () => 'h:1').join(','))).toHaveLength(64);
  expect(parsePeers(Array.from({ length: 65 }, () => 'h:1').join(','))).toBeUndefined();
});
