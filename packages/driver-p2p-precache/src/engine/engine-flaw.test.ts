import { expect, it } from 'vitest';
import { createHosts } from '@image-api/host';
import { engineFlaw, flawIn } from './engine-flaw.ts';

const help = '    --profile=<dir>            Store configuration files in <dir>\n';

it.each([
  ['qBittorrent v4.5.2\n', undefined],
  ['qBittorrent v5.0.1\n', undefined],
  ['qBittorrent of some kind\n', undefined],
  ['qBittorrent v4.4.1\n', 'qbittorrent-nox 4.4.1 is too old: install 4.5 or later'],
  ['qBittorrent v3.3.7\n', 'qbittorrent-nox 3.3.7 is too old: install 4.5 or later'],
])('takes an engine that calls itself %j, or says why not', (version, flaw) => {
  expect(flawIn(version, help)).toBe(flaw);
});

it('names the option that an engine lacks', () => {
  expect(flawIn('qBittorrent v4.5.2', 'Usage:')).toMatch(/no option --profile/);
});

it('names the program where there is none', async () => {
  const { local } = createHosts({ environment: { PATH: '/nowhere' } });
  expect(await engineFlaw(local)).toMatch(/^qbittorrent-nox is not installed on this machine/);
});
