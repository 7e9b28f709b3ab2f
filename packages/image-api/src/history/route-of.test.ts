import type { Facts, Host } from '@image-api/driver';
import { expect, it } from 'vitest';
import type { Look } from '../look/look.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { routeOf } from './route-of.ts';

/** Number of a device, as Linux makes it. */
const device = (major: number, minor: number): number => (minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12);

function seen(from: [string, Facts, string?], to: [string, Facts, string?]): Look {
  const [one, other] = [from, to].map(([uri, facts, id]) => ({
    endpoint: { ...parseUri(uri), facts },
    ...(id !== undefined && { host: { id } as Host }),
  }));
  return { from: one!, to: other! };
}

const usual = { priority: 'normal' } as const;
const image: Facts = { kind: 'file', size: 1, device: device(8, 1) };

it('is of the disks and machines, not of the files', () => {
  const there: Facts = { kind: 'absent', device: device(253, 300), filesystem: 'xfs' };
  const route = routeOf(seen(['/a/b.raw', image, 'local'], ['root@b:/c/d.raw', there, 'root@b']), usual, {});
  expect(route).toBe('copy local 8:1 > root@b 253:300');
});

it('goes by the type of a filesystem whose number is another one at each mount', () => {
  const [from, to] = [
    { ...image, device: device(0, 44) },
    { kind: 'absent', device: device(0, 45), filesystem: 'btrfs' },
  ] as const;
  expect(routeOf(seen(['/a', from, 'local'], ['/b', to, 'local']), usual, {})).toBe('copy local unnamed > local btrfs');
});

it('tells devices apart by their names, and other kinds of work from a copy', () => {
  const look = seen(['/a', image, 'local'], ['/dev/vg/lv', { kind: 'block', device: device(0, 5) }, 'local']);
  expect(routeOf(look, { ...usual, toFormat: 'raw' }, {})).toBe('convert to raw local 8:1 > local /dev/vg/lv');
  expect(routeOf(look, { ...usual, delta: true }, {})).toBe('delta local 8:1 > local /dev/vg/lv');
});

it('knows of a server its name only', () => {
  const look = seen(['https://example.org:8443/a.raw?token=secret', { kind: 'opaque' }], ['rsync://me@vault/m/a', { kind: 'opaque' }]);
  expect(routeOf(look, usual, {})).toBe('copy https example.org:8443 > rsync vault:');
});

it('is none for what takes as long as it is told to, or as others do', () => {
  const look = seen(['/a', image, 'local'], ['/b', image, 'local']);
  expect(routeOf(look, { priority: 'idle' }, {})).toBeUndefined();
  for (const bound of [{ bandwidth: 1 }, { group: 'g' }, { auto: true }] as const) expect(routeOf(look, usual, bound)).toBeUndefined();
});
