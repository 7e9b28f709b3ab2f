import { isIPv4, isIPv6 } from 'node:net';
import { ImageError } from '@image-api/driver';

/**
 * The text of a file that has qBittorrent refuse all addresses but these, whoever calls whom: its `ipfilter.dat`.
 *
 * @param allowed numbers, not names
 * @throws ImageError BAD_OPTION for one that is none
 */
export function peerFilter(allowed: readonly string[]): string {
  const stranger = allowed.find((address) => !isIPv4(address) && !isIPv6(address));
  if (stranger !== undefined) throw noAddress(stranger);
  const ranges = [
    ...between(allowed.filter(isIPv4).map(numberOfIPv4), 32n).map((range) => range.map(textOfIPv4)),
    ...between(allowed.filter(isIPv6).map(numberOfIPv6), 128n).map((range) => range.map(textOfIPv6)),
  ];
  return ranges.map(([from, to]) => `${from} - ${to} , 0 , foreign\n`).join('');
}

/** What is between some numbers, and before and behind them. */
function between(numbers: readonly bigint[], bits: bigint): readonly (readonly [bigint, bigint])[] {
  const borders = [-1n, ...numbers.toSorted((one, other) => (one < other ? -1 : 1)), 1n << bits];
  return borders
    .slice(1)
    .map((border, index) => [(borders[index] ?? 0n) + 1n, border - 1n] as const)
    .filter(([from, to]) => from <= to);
}

function numberOfIPv4(address: string): bigint {
  return address.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n);
}

function textOfIPv4(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');
}

/** Written out by `URL`, which knows all short forms. */
function numberOfIPv6(address: string): bigint {
  const [head = '', tail] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  return all.reduce((number, group) => (number << 16n) + BigInt(`0x${group}`), 0n);
}

function textOfIPv6(number: bigint): string {
  return Array.from({ length: 8 }, (_, index) => ((number >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':');
}

function noAddress(what: string): ImageError {
  return new ImageError(`${JSON.stringify(what)} is no address of a peer; name one such as 192.0.2.7`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
