import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPrivateDirectory, sharedDirectory } from './private-directory.ts';

let runtime: string;
beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'r'));
});
afterEach(() => rmSync(runtime, { recursive: true }));

it('is below the runtime directory, for this user only, and goes away', () => {
  const { path, remove } = createPrivateDirectory({ XDG_RUNTIME_DIR: runtime });
  expect(dirname(path)).toBe(join(runtime, 'image-api'));
  expect(statSync(path).mode & 0o777).toBe(0o700);
  remove();
  expect(existsSync(path)).toBe(false);
});

it('removes what dead processes left, and nothing else', () => {
  const parent = join(runtime, 'image-api');
  const living = createPrivateDirectory({ XDG_RUNTIME_DIR: runtime });
  const [own = ''] = /^s\w+(?=\.)/.exec(basename(living.path)) ?? [];
  const [stale, elsewhere, other] = [`${own}.2n9c.0zz.abcdef`, `${own}0.2n9c.0zz.abcdef`, 'something-else'].map((name) =>
    join(parent, name),
  );
  for (const path of [stale, elsewhere, other]) mkdirSync(path ?? '', { mode: 0o700 });
  const second = createPrivateDirectory({ XDG_RUNTIME_DIR: runtime });
  expect([stale, elsewhere, other, living.path].map((path) => existsSync(path ?? ''))).toEqual([false, true, true, true]);
  living.remove();
  second.remove();
});

it.each([
  ['that others can write', () => chmodSync(runtime, 0o777)],
  ['that is missing', () => rmSync(runtime, { recursive: true })],
])('passes over a runtime directory %s', (_, spoil) => {
  spoil();
  const { path, remove } = createPrivateDirectory({ XDG_RUNTIME_DIR: runtime });
  expect(path.startsWith(runtime)).toBe(false);
  remove();
  mkdirSync(runtime, { recursive: true });
});

it('passes over one whose path is too long for a socket', () => {
  const long = join(runtime, 'x'.repeat(60));
  mkdirSync(long, { mode: 0o700 });
  const { path, remove } = createPrivateDirectory({ XDG_RUNTIME_DIR: long });
  expect(path.startsWith(long)).toBe(false);
  expect(join(path, 'x'.repeat(40)).length).toBeLessThan(100);
  remove();
});

it('keeps what processes share in folders of this user alone', () => {
  const path = sharedDirectory('groups/one', runtime);
  expect(sharedDirectory('groups/one', runtime)).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  chmodSync(dirname(path), 0o770);
  expect(() => sharedDirectory('groups/one', runtime)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});
