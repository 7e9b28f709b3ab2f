import type { NetworkInterfaceInfo } from 'node:os';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { reachableAddress } from './reachable-address.ts';

const four = (address: string, internal = false): NetworkInterfaceInfo => ({
  family: 'IPv4',
  address,
  internal,
  netmask: '255.255.255.0',
  mac: '',
  cidr: null,
});
const six = (address: string, scopeid: number): NetworkInterfaceInfo => ({
  family: 'IPv6',
  address,
  internal: false,
  netmask: '',
  mac: '',
  cidr: null,
  scopeid,
});
const everywhere = { host: '0.0.0.0', port: 6881 };

it('is the one it listens at', () => {
  expect(reachableAddress({ host: '10.0.0.7', port: 1 }, { eth0: [four('10.0.0.1')] })).toEqual({ host: '10.0.0.7', port: 1 });
});

it('is the first of this machine that others can reach, where it listens everywhere', () => {
  const interfaces = { lo: [four('127.0.0.1', true)], eth0: [six('fe80::1', 2), six('2001:db8::1', 0), four('10.0.0.1')] };
  expect(reachableAddress(everywhere, interfaces).host).toBe('10.0.0.1');
  expect(reachableAddress(everywhere, { eth0: [six('fe80::1', 2), six('2001:db8::1', 0)] }).host).toBe('2001:db8::1');
  expect(reachableAddress(everywhere, { lo: [four('127.0.0.1', true)] })).toEqual({ host: hostname(), port: 6881 });
});
