import { ImageError } from '@image-api/driver';
import type { ErrorCode } from '@image-api/driver';
import type { HostReport } from '@image-api/driver-p2p-precache';
import { describe, expect, it } from 'vitest';
import { fleetLine, fleetStatus, hostLine, reportText } from './fleet-text.ts';
import { hostsIn, readFleetFlags } from './read-fleet-flags.ts';

const mebibyte = 2 ** 20;
const nothing = { fromOrigin: 0, fromPeers: 0, savedByZeros: 0, savedByOlder: 0, resumed: 0, wasted: 0, banned: [] };
const failed = (host: string, code: ErrorCode): HostReport => ({
  ...nothing,
  host,
  outcome: 'failed',
  seconds: 3,
  error: new ImageError(`${host} is in trouble`, { code, origin: 'destination' }),
});
const fetched: HostReport = {
  ...nothing,
  host: 'web1',
  outcome: 'fetched',
  seconds: 12,
  fromOrigin: 10 * mebibyte,
  fromPeers: 30 * mebibyte,
  savedByZeros: 5 * mebibyte,
  wasted: mebibyte,
  banned: ['10.0.0.7'],
};
const report = (...hosts: readonly HostReport[]) => ({ sha256: 'ab', size: 40 * mebibyte, seconds: 12, originSent: 60 * mebibyte, hosts });

describe('readFleetFlags', () => {
  it('is not there when no host is named', async () => {
    expect(await readFleetFlags({}, '/')).toBeUndefined();
  });

  it('reads hosts, times and a rate that holds for each machine', async () => {
    const flags = { to: 'web1, root@web2', linger: '1h', patience: '30s', limit: '10MiB/s', fromCached: 'p2p:sha256-ab', admit: 'anybody' };
    expect(await readFleetFlags(flags, '/')).toEqual({
      hosts: ['web1', 'root@web2'],
      options: { lingerMs: 3_600_000, patienceMs: 30_000, limits: { bandwidth: 10 * mebibyte }, fromCached: 'ab', admit: 'anybody' },
    });
  });

  it.each([
    { patience: '1m' },
    { to: 'web1', limit: 'auto' },
    { to: 'web1', linger: '7' },
    { to: 'web1', admit: 'all' },
    { hostsFile: '/nowhere' },
  ])('refuses %o', async (flags) => {
    await expect(readFleetFlags(flags, '/')).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('reads a file of hosts, one a line, with remarks', () => {
    expect(hostsIn('web1\n\n# rack 2\nroot@web2:22 # the old one\n')).toEqual(['web1', 'root@web2:22']);
  });
});

describe('what is said of a fleet', () => {
  it('tells of each host what it got from where, and what it was spared', () => {
    expect(reportText(report(fetched, failed('web2', 'NO_SPACE')))).toBe(
      'imagectl: 1 of 2 hosts have it after 12s; 60 MiB went out of this machine, 1.50 times the image\n' +
        '  web1  12s     10 MiB from here, 30 MiB from others, 5 MiB zeros, 1 MiB came in vain, garbage came from 10.0.0.7\n' +
        '  web2  failed  web2 is in trouble\n',
    );
  });

  it('tells how far all are in one line', () => {
    const host = { size: 100, verified: 50, rate: 0 };
    const hosts = [
      { ...host, host: 'web1', state: 'downloading' as const },
      { ...host, host: 'web2', state: 'succeeded' as const, verified: 100 },
    ];
    expect(fleetLine({ hosts, originSent: mebibyte, originRate: 0 })).toBe(' 75 %  1 of 2 hosts have it  1 MiB went out of here');
    expect(hosts.map(hostLine)).toEqual(['fetches   50 %', 'has it  100 %']);
  });

  it('ends with 0 when all have it, with the status of what went wrong, or 1 when that differs', () => {
    expect(fleetStatus(report(fetched))).toBe(0);
    expect(fleetStatus(report(fetched, failed('b', 'NO_SPACE'), failed('c', 'NO_SPACE')))).toBe(6);
    expect(fleetStatus(report(fetched, failed('b', 'NO_SPACE'), failed('c', 'UNREACHABLE')))).toBe(1);
  });
});
