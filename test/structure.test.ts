import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWorkspaces, root } from './read-workspaces.ts';
import { trackedFiles } from './tracked-files.ts';

const workspaces = readWorkspaces();
const published = workspaces.filter(({ manifest }) => !manifest.private);
const drivers = workspaces.filter(({ folder }) => folder.startsWith('packages/driver-'));

describe('every driver package', () => {
  it('is found', () => {
    expect(drivers.length).toBeGreaterThanOrEqual(3);
  });

  it.each(drivers)('has the same files: $folder', ({ folder }) => {
    const id = folder.replace('packages/driver-', '');
    // Who moves the bytes itself has no tool whose words are to be read; who has the host move them, or is the client itself, has none at all.
    const hasTool = !['p2p-precache', 'http'].includes(id);
    const parts = ['driver', 'options', 'errors', ...(hasTool ? ['args'] : []), ...(hasTool && id !== 'cp' ? ['progress'] : [])];
    const wanted = parts.map((part) => `src/${id}-${part}.ts`);
    const missing = [
      'README.md',
      'src/index.ts',
      ...(hasTool ? ['src/__fixtures__'] : []),
      `test/${id}-driver.test.ts`,
      `test/${id}.conformance.test.ts`,
      ...wanted,
    ].filter((file) => !existsSync(`${root}${folder}/${file}`));
    expect(missing).toEqual([]);
  });
});

describe('every published package', () => {
  it('is one that is meant to be', () => {
    expect(published.map(({ folder }) => folder)).toEqual(expect.arrayContaining(['apps/cli', 'packages/driver', 'packages/image-api']));
    expect(published.filter(({ folder }) => folder !== 'apps/cli' && !folder.startsWith('packages/'))).toEqual([]);
  });

  it.each(published)('says what it is: $folder', ({ folder, manifest }) => {
    expect(manifest).toMatchObject({ license: 'MIT', type: 'module', engines: { node: '>=20.19' } });
    expect(manifest.files).toContain('dist');
    expect(existsSync(`${root}${folder}/README.md`), 'README.md').toBe(true);
    expect(readFileSync(`${root}${folder}/LICENSE`, 'utf8')).toBe(readFileSync(`${root}LICENSE`, 'utf8'));
  });

  it.each(published.filter(({ manifest }) => !manifest.bin))('is imported with its types first: $folder', ({ manifest }) => {
    const entry = manifest.exports?.['.'];
    expect(Object.keys(entry ?? {})[0]).toBe('types');
    expect(entry).toEqual({ types: './dist/index.d.ts', default: './dist/index.js' });
  });

  it('is released with all others, under one version', () => {
    const { fixed } = JSON.parse(readFileSync(`${root}.changeset/config.json`, 'utf8')) as { fixed: string[][] };
    const together = (name: string): boolean =>
      (fixed[0] ?? []).some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
    expect(published.map(({ manifest }) => manifest.name).filter((name) => !together(name))).toEqual([]);
    expect([...new Set(published.map(({ manifest }) => manifest.version))]).toHaveLength(1);
  });

  it('has one way in', () => {
    const second = published
      .filter(({ manifest }) => !manifest.bin)
      .filter(({ manifest }) => Object.keys(manifest.exports ?? {}).some((key) => key !== '.' && key !== './package.json'));
    expect(second.map(({ folder }) => folder)).toEqual([]);
  });
});

describe('every decision record', () => {
  it('is in the index', () => {
    const folder = `${root}apps/docs/decisions`;
    const index = readFileSync(`${folder}/README.md`, 'utf8');
    const records = readdirSync(folder).filter((file) => /^\d{4}-/.test(file));
    expect(records.length).toBeGreaterThan(0);
    expect(records.filter((file) => !index.includes(`(${file})`))).toEqual([]);
  });
});

describe('every file of the repository', () => {
  const files = trackedFiles();

  it('is named after what is in it', () => {
    const vague = /^(utils?|helpers?|common|types|misc|shared|manager)\.[cm]?[tj]s$/;
    expect(files.filter((file) => vague.test(basename(file)))).toEqual([]);
  });

  it('has a name in kebab-case', () => {
    const sources = files.filter((file) => /\.(ts|mjs|js)$/.test(file) && !file.includes('__fixtures__'));
    expect(sources.filter((file) => !/^[a-z0-9.-]+$/.test(basename(file)))).toEqual([]);
  });

  it('knows no machine and no registry', () => {
    // Written in pieces, so that this file is none of those it looks for.
    const foreign = [
      ['/work', '/'],
      ['/tmp', '/brief'],
      ['regis', 'try.npmjs'],
      ['regis', 'try.yarnpkg'],
      ['/home', '/[a-z]'],
    ].map((pieces) => new RegExp(pieces.join('')));
    const found = files
      .filter((file) => !/\.(png|svg|gz|bin|qcow2)$/.test(file))
      .filter((file) => {
        const text = readFileSync(`${root}${file}`, 'utf8');
        return foreign.some((pattern) => pattern.test(text));
      });
    expect(found).toEqual([]);
  });
});

describe('the lock file', () => {
  interface Locked {
    readonly version?: string;
    readonly resolved?: string;
    readonly integrity?: string;
    readonly link?: boolean;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as { packages: Record<string, Locked> };
  const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);

  it('names versions and digests, never addresses', () => {
    expect(installed.length).toBeGreaterThan(100);
    expect(
      installed.filter(([, one]) => one.resolved !== undefined || !one.integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
  });

  // npm 11 refuses a lock file that lacks one.
  it('has the binaries for other machines too', () => {
    const missing = installed.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`]),
    );
    expect(missing).toEqual([]);
  });
});
