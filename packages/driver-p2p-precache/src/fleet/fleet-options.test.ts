import { describe, expect, it } from 'vitest';
import { precacheSettings, readHosts } from './fleet-options.ts';

const badOption = expect.objectContaining({ code: 'BAD_OPTION', origin: 'caller', driver: 'p2p-precache' }) as Error;

describe('precacheSettings', () => {
  it('has a default for each', () => {
    expect(precacheSettings({ seed: 1 })).toEqual({
      cacheDir: undefined,
      limits: {},
      admit: 'hosts',
      fromCached: 'never',
      lingerMs: 0,
      patienceMs: 60_000,
      deadlineMs: 86_400_000,
      seed: 1,
    });
  });

  it.each([{ cacheDir: 'relative' }, { fromCached: 'latest' }, { lingerMs: -1 }, { patienceMs: Number.NaN }, { deadlineMs: Infinity }])(
    'refuses %o',
    (options) => expect(() => precacheSettings(options)).toThrow(badOption),
  );
});

describe('readHosts', () => {
  it('reads user, host and port, each host once', () => {
    expect([...readHosts(['web1', 'root@web2:2222', '[2001:db8::7]:22', 'web1'])]).toEqual([
      ['web1', { host: 'web1' }],
      ['root@web2:2222', { host: 'web2', user: 'root', port: 2222 }],
      ['[2001:db8::7]:22', { host: '2001:db8::7', port: 22 }],
    ]);
  });

  it.each(['', 'a b@c:d', 'web1:/srv', '@web1', 'a@b@c'])('refuses %j', (text) => {
    expect(() => readHosts([text])).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT' }) as Error);
  });

  it('refuses to have nobody to send to', () => {
    expect(() => readHosts([])).toThrow(badOption);
  });
});
