import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readWorkspaces, root } from './read-workspaces.ts';
import type { Manifest, Workspace } from './read-workspaces.ts';
import { trackedFiles } from './tracked-files.ts';

/** Who may depend on whom inside this repository, by folder. Drivers know the contract, never the core. */
const mayDependOn: readonly { readonly who: RegExp; readonly on: RegExp }[] = [
  { who: /^packages\/(driver|image-format)$/, on: /^$/ },
  { who: /^packages\/(host|qmp)$/, on: /^packages\/driver$/ },
  { who: /^packages\/conformance$/, on: /^packages\/(driver|host)$/ },
  { who: /^packages\/image-api$/, on: /^packages\/(driver|host|image-format)$/ },
  { who: /^packages\/driver-qemu-stream$/, on: /^packages\/(driver|host|qmp)$/ },
  { who: /^packages\/driver-/, on: /^packages\/(driver|host)$/ },
  { who: /^apps\//, on: /^packages\/(image-api|driver|driver-.+|qmp|image-format)$/ },
];
/** What tests of a package may need besides. */
const mayTestWith: readonly { readonly who: RegExp; readonly on: RegExp }[] = [
  { who: /^packages\/driver-/, on: /^packages\/conformance$/ },
  { who: /^apps\/e2e$/, on: /^(packages\/.+|apps\/cli)$/ },
  // For its hosts.
  { who: /^apps\/bench$/, on: /^(packages\/.+|apps\/(cli|e2e))$/ },
];

const workspaces = readWorkspaces();
const folderOf = new Map(workspaces.map(({ folder, manifest }) => [manifest.name, folder]));

describe('the dependency arrows', () => {
  it.each(workspaces)('of $folder point where they may', ({ folder, manifest }) => {
    const allowed = mayDependOn.find(({ who }) => who.test(folder))?.on;
    const allowedInTests = mayTestWith.find(({ who }) => who.test(folder))?.on;
    expect(allowed, `${folder} has no row in the table of arrows`).toBeDefined();
    expect(inside(manifest.dependencies).filter((one) => !allowed?.test(one) && !(manifest.private && allowedInTests?.test(one)))).toEqual(
      [],
    );
    expect(inside(manifest.devDependencies).filter((one) => !allowed?.test(one) && !allowedInTests?.test(one))).toEqual([]);
    expect(inside(manifest.peerDependencies), 'the contract is a dependency, never a peer').toEqual([]);
  });

  it('form no cycle', () => {
    const done = new Set<string>();
    for (const { folder } of workspaces) expect(() => walk(folder, [], done)).not.toThrow();
  });

  it.each(workspaces)('of $folder are the imports of its sources', ({ folder, manifest }) => {
    const declared = new Set([manifest.name, ...dependenciesOf(manifest)]);
    const undeclared = sourcesOf(folder).flatMap((file) =>
      importsOf(file)
        .filter((name) => folderOf.has(name) && !declared.has(name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(undeclared).toEqual([]);
  });

  it('never let the core import a driver', () => {
    const names = sourcesOf('packages/image-api').flatMap(importsOf);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.startsWith('@image-api/driver-'))).toEqual([]);
  });

  it('never leave a package by a relative path, but for the tools of tests and of benches', () => {
    const strays = workspaces.flatMap(({ folder, manifest }) => {
      const toolsOf = dependenciesOf(manifest).flatMap((name) => folderOf.get(name) ?? []);
      return sourcesOf(folder).flatMap((file) =>
        specifiersOf(file)
          .filter((name) => name.startsWith('.'))
          .map((name) => new URL(name, `file:///${file}`).pathname.slice(1))
          .filter((path) => !path.startsWith(`${folder}/`))
          .filter((path) => !mayUseTools(folder, file) || !['scripts', ...toolsOf.map((tools) => `${tools}/test`)].some(isAbove(path)))
          .map((path) => `${file} imports ${path}`),
      );
    });
    expect(strays).toEqual([]);
  });
});

/** Benches are never installed by anybody; they set up what tests set up. */
function mayUseTools(folder: string, file: string): boolean {
  return folder === 'apps/bench' || file.startsWith(`${folder}/test/`);
}

function isAbove(path: string): (folder: string) => boolean {
  return (folder) => path.startsWith(`${folder}/`);
}

function inside(dependencies: Readonly<Record<string, string>> | undefined): string[] {
  return Object.keys(dependencies ?? {}).flatMap((name) => folderOf.get(name) ?? []);
}

function dependenciesOf({ dependencies, devDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...devDependencies });
}

function walk(folder: string, path: readonly string[], done: Set<string>): void {
  if (path.includes(folder)) throw new Error([...path, folder].join(' → '));
  if (done.has(folder)) return;
  const workspace: Workspace | undefined = workspaces.find((one) => one.folder === folder);
  for (const name of workspace ? dependenciesOf(workspace.manifest) : []) {
    const next = folderOf.get(name);
    if (next) walk(next, [...path, folder], done);
  }
  done.add(folder);
}

function sourcesOf(folder: string): readonly string[] {
  return trackedFiles().filter((file) => file.startsWith(`${folder}/`) && /\.(ts|mjs|js)$/.test(file) && !file.includes('__fixtures__'));
}

function specifiersOf(file: string): string[] {
  const text = readFileSync(`${root}${file}`, 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';|\bimport\('([^']+)'\)/gm)].map((match) => match[1] ?? match[2] ?? '');
}

function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((name) => !name.startsWith('.'))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
}
