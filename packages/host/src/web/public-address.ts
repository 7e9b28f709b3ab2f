import { BlockList, isIP } from 'node:net';

/** Not for the public: this machine, its networks, what is reserved, and IPv6 that is a cloak of IPv4. */
const kept = new BlockList();
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]) {
  const [network = '', bits] = range.split('/');
  kept.addSubnet(network, Number(bits), 'ipv4');
}
for (const range of ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']) {
  const [network = '', bits] = range.split('/');
  kept.addSubnet(network, Number(bits), 'ipv6');
}

/** All that is given to hosts of the public in IPv6. */
const given = new BlockList();
given.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is one that anybody on the Internet may be sent to. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !kept.check(address, 'ipv4');
  return family === 6 && given.check(address, 'ipv6') && !kept.check(address, 'ipv6');
}
