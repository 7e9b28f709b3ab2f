import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { sshdMissing } from '../../host/test/real-sshd.ts';
import type { Lab } from './lab.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 20_000 });

let site: Site;
let lab: Lab;
let local: Host;
let box: Host;

beforeAll(async () => {
  site = await openSite();
  ({ lab, local, box } = site);
});

afterAll(() => site.close());

/** Names that mean something to a shell, to rsync, or to both. */
const names = [
  'a b',
  'a[1]',
  'a*b',
  'a?c',
  String.raw`back\slash`,
  `q'uo"te`,
  '$(touch x)',
  '`id`',
  'col:on',
  '-lead',
  'ünï中',
  '{a,b}',
  '~tilde',
  ' lead ',
  'a]',
  '[!a]x',
];
const decoys = ['a1', 'aXb', 'aYc', '!x', 'back', 'lead'];

/** The far end of a copy, and the near one. */
describe.each([
  ['within this machine', () => [local, local] as const, false],
  ['to a host', () => [local, box] as const, true],
  ['from a host', () => [box, local] as const, true],
])('rsync %s', (title, ends, overSsh) => {
  const skipped = overSsh && sshdMissing !== undefined;
  const key = title.replaceAll(' ', '-');

  it.skipIf(skipped).each(names)('copies exactly the file called %j, both ways', async (name) => {
    const [from, to] = ends();
    const [there, back] = [lab.path(`${key}-names-from`), lab.path(`${key}-names-to`)];
    for (const directory of [there, back]) await mkdir(directory, { recursive: true });
    for (const one of [...names, ...decoys]) {
      await writeFile(join(there, one), `bytes of ${one}`);
      await writeFile(join(back, one), '', { mode: 0o600 });
    }
    await lab.copy({ from: { host: from, path: join(there, name) }, to: { host: to, path: join(back, name) } });
    const written = [];
    for (const one of await readdir(back)) if ((await stat(join(back, one))).size > 0) written.push(one);
    expect(written).toEqual([name]);
    expect(await readFile(join(back, name), 'utf8')).toBe(`bytes of ${name}`);
  });

  it.skipIf(skipped)('copies names with a wildcard in one part of the path and a backslash in another', async () => {
    const [from, to] = ends();
    const [there, back] = [lab.path(String.raw`${key}-d\x/a[1]`), lab.path(String.raw`${key}-e[1]/back\slash`)];
    for (const path of [there, back]) await mkdir(join(path, '..'), { recursive: true });
    await writeFile(there, 'content');
    await writeFile(back, '', { mode: 0o600 });
    await lab.copy({ from: { host: from, path: there }, to: { host: to, path: back } });
    expect(await readFile(back, 'utf8')).toBe('content');
    expect(await readdir(join(back, '..'))).toEqual([String.raw`back\slash`]);
  });
});
