import { homedir } from 'node:os';
import { defineDriver } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from './resolve-config.ts';

const file = '/etc/site/image-api.config.json';
const driver = defineDriver({
  specVersion: 1,
  id: 'mine',
  capabilities: { routes: [{ from: 'file', to: 'file' }] },
  probe: async () => ({ available: true, detail: 'here' }),
  offer: async () => ({ accept: false, reason: 'no' }),
  transfer: async () => ({ counters: {} }),
});

describe('resolveConfig', () => {
  it('fills in what is not said', () => {
    expect(resolveConfig({})).toMatchObject({
      drivers: undefined,
      limits: {},
      rules: [],
      facts: {},
      concurrency: 4,
      verify: 'size',
      ssh: {},
      retry: { attempts: 5, delayMs: 1000 },
    });
    expect(resolveConfig({ limits: undefined, rules: [{ to: undefined, use: undefined }] }).rules).toEqual([{}]);
  });

  it('keeps what is said, and understands its rates', () => {
    const config = resolveConfig({
      drivers: ['cp', driver, ['rsync', { compress: 'auto' }]],
      limits: { bandwidth: '20MiB/s' },
      rules: [{ to: 'ssh://**', when: { zone: 'b' }, use: ['rsync', 'mine'], avoid: ['cp'], limits: { bandwidth: 'none' } }],
      facts: { zone: 'b', spare: true, racks: 3 },
      concurrency: 1,
      verify: 'sha256',
      retry: { attempts: 1 },
    });
    expect(config).toMatchObject({
      drivers: ['cp', driver, ['rsync', { compress: 'auto' }]],
      limits: { bandwidth: 20_971_520 },
      rules: [{ to: 'ssh://**', when: { zone: 'b' }, use: ['rsync', 'mine'], avoid: ['cp'], limits: {} }],
      facts: { zone: 'b', spare: true, racks: 3 },
      concurrency: 1,
      verify: 'sha256',
      retry: { attempts: 1, delayMs: 1000 },
    });
    expect(config.rules[0]?.limits).toEqual({});
  });

  it.each([
    [{ bandwidth: 0 }, {}],
    [{ bandwidth: 'none' }, {}],
    [{}, {}],
    [{ bandwidth: 1000 }, { bandwidth: 1000 }],
    [{ bandwidth: '8kbit/s' }, { bandwidth: 1000 }],
  ])('reads limits %j as %j', (limits, resolved) => {
    expect(resolveConfig({ limits }).limits).toEqual(resolved);
  });

  it('finds the ssh configuration from the config file, or from home', () => {
    const found = (configFile: string, where?: { file: string }): unknown => resolveConfig({ ssh: { configFile } }, where).ssh.configFile;
    expect(found('ssh_config', { file })).toBe('/etc/site/ssh_config');
    expect(found('/x/ssh_config', { file })).toBe('/x/ssh_config');
    expect(found('~/ssh_config', { file })).toBe(`${homedir()}/ssh_config`);
    expect(found('ssh_config')).toBe(`${process.cwd()}/ssh_config`);
  });

  it('says where it was read from', () => {
    expect(resolveConfig({}, { file }).file).toBe(file);
    expect(resolveConfig({})).not.toHaveProperty('file');
  });

  it('leaves alone what it resolved before, changed or not', () => {
    const full = { facts: {}, limits: { bandwidth: '1MB/s' }, rules: [], concurrency: 1, retry: {}, ssh: {}, verify: 'none' };
    const once = resolveConfig(full);
    expect(once.limits).toEqual({ bandwidth: 1_000_000 });
    expect(resolveConfig(once)).toBe(once);
    const changed = { ...once, ssh: { configFile: '/x' } };
    expect(resolveConfig(changed)).toBe(changed);
  });

  it.each([
    [3, 'expected an object, got 3'],
    [[], 'expected an object, got []'],
    [{ driver: [] }, 'driver: no such key; there are drivers, limits, rules, facts, concurrency, verify, ssh, retry'],
    [{ rules: [{}, { user: 1 }] }, 'rules[1].user: no such key; there are from, to, when, use, avoid, limits'],
    [{ 'a b': 1 }, '["a b"]: no such key'],
    [{ drivers: 'cp' }, "drivers: expected a list, got 'cp'"],
    [{ drivers: [] }, 'drivers: expected at least one driver, got []'],
    [{ drivers: ['cp', 3] }, 'drivers[1]: expected a driver name, a driver, or [name, options], got 3'],
    [{ drivers: [['cp']] }, 'drivers[0]: expected a driver name'],
    [{ drivers: [() => driver] }, 'got [Function'],
    [{ drivers: ['cp', 'rsync', ['cp', {}]] }, 'drivers[2]: cp is listed twice'],
    [{ rules: [{ use: ['rsync', 3] }] }, 'rules[0].use[1]: expected a driver name, got 3'],
    [{ rules: [{ use: [] }] }, 'rules[0].use: expected at least one driver name, got []'],
    [{ rules: [{ to: '/images/**' }] }, 'rules[0].to: expected a pattern for URIs'],
    [{ rules: [{ from: 'host' }] }, 'rules[0].from: expected a pattern for URIs'],
    [{ rules: [{ when: { zone: {} } }] }, 'rules[0].when.zone: expected a text, a number, true or false, got {}'],
    [{ rules: [{ when: [] }] }, 'rules[0].when: expected an object, got []'],
    [{ rules: [{ limits: { bandwidth: '80' } }] }, 'rules[0].limits.bandwidth: limit "80" has no unit: did you mean 80MiB/s?'],
    [{ limits: { bandwidth: -1 } }, "limits.bandwidth: expected a rate such as '20MiB/s', or whole bytes per second, got -1"],
    [{ limits: { bandwidth: Number.NaN } }, 'limits.bandwidth: expected a rate'],
    [{ limits: { bandwidth: 1.5 } }, 'limits.bandwidth: expected a rate'],
    [{ limits: { bandwidth: true } }, "limits.bandwidth: expected a rate such as '20MiB/s', or 'none', got true"],
    [{ limits: '20MiB/s' }, "limits: expected an object, got '20MiB/s'"],
    [{ concurrency: 0 }, 'concurrency: expected a whole number from 1 up, got 0'],
    [{ concurrency: Infinity }, 'concurrency: expected a whole number from 1 up, got Infinity'],
    [{ verify: 'md5' }, `verify: expected 'none', 'size', 'content', 'sha256' or 'read-back', got 'md5'`],
    [{ ssh: { configFile: '' } }, "ssh.configFile: expected a file name, got ''"],
    [{ retry: { delayMs: 0.5 } }, 'retry.delayMs: expected a whole number from 0 up, got 0.5'],
    [{ facts: { zone: null } }, 'facts.zone: expected a text, a number, true or false, got null'],
  ])('refuses %j and names the key', (config, words) => {
    const refusal = expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringContaining(words) as unknown }) as unknown;
    expect(() => resolveConfig(config, { file })).toThrow(refusal);
    expect(() => resolveConfig(config, { file })).toThrow(`${file}: `);
  });

  it.each(['use', 'avoid'])('refuses a rule with a driver to %s that is not configured', (key) => {
    const config = { drivers: ['cp', driver], rules: [{ [key]: ['cp', 'rsnc'] }] };
    const message = `config: rules[0].${key}[1]: no driver "rsnc" is configured; there are cp, mine`;
    expect(() => resolveConfig(config)).toThrow(expect.objectContaining({ code: 'UNKNOWN_DRIVER', message }));
  });

  it('trusts the names in rules where it cannot know those of the drivers', () => {
    const rules = [{ use: ['x'] }];
    expect(resolveConfig({ rules }).rules).toEqual(rules);
    expect(resolveConfig({ drivers: ['image-api-driver-x'], rules }).rules).toEqual(rules);
  });
});
