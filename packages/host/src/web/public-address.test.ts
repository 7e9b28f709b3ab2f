import { expect, it } from 'vitest';
import { isPublicAddress } from './public-address.ts';

it('knows public addresses', () => {
  for (const address of ['8.8.8.8', '93.184.215.14', '172.32.0.1', '100.128.0.1', '192.169.0.1', '2606:2800:21f::1', '2a00:1450::5']) {
    expect(isPublicAddress(address), address).toBe(true);
  }
});

it('knows addresses of this machine, its networks, and what only looks like another', () => {
  const addresses = ['127.0.0.1', '127.255.0.1', '0.0.0.0', '10.1.2.3', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1'];
  const reserved = ['192.0.0.8', '192.0.2.1', '198.19.0.1', '198.51.100.7', '203.0.113.9', '224.0.0.1', '240.0.0.1', '255.255.255.255'];
  const six = ['::', '::1', 'fe80::1', 'fd00::1', 'fc00::1', 'fec0::1', 'ff02::1', '2001:db8::1', '100::1'];
  const cloaks = ['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::a00:1', '2002:7f00:1::', '2001:0:1::'];
  for (const address of [...addresses, ...reserved, ...six, ...cloaks, 'localhost', '', '8.8.8.8:80', '2130706433']) {
    expect(isPublicAddress(address), address).toBe(false);
  }
});
