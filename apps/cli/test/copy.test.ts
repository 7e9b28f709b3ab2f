import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskEvent } from 'image-api';
import { describe, expect, it } from 'vitest';
import { imagectl, isBuilt, shell, testDirectory } from './run-imagectl.ts';

/** 24 MiB, of which every third MiB is data. */
async function sparseImage(path: string): Promise<void> {
  const file = await open(path, 'w');
  for (let mebibyte = 0; mebibyte < 24; mebibyte += 3) await file.write(randomBytes(2 ** 20), 0, 2 ** 20, mebibyte * 2 ** 20);
  await file.truncate(24 * 2 ** 20);
  await file.close();
}

/** A directory with an image in it. */
async function directoryWithImage(): Promise<string> {
  const directory = await testDirectory();
  await sparseImage(join(directory, 'a.raw'));
  return directory;
}

describe.skipIf(!isBuilt)('imagectl copy', { timeout: 20_000 }, () => {
  it('copies an image and tells who did it, on stderr alone', async () => {
    const directory = await directoryWithImage();
    const { status, stdout, stderr } = await imagectl(directory, 'copy', 'a.raw', 'b.raw');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: expect.anything() });
    expect(stderr).toMatch(/^imagectl: cp copies file:\S+\/a\.raw to file:\S+\/b\.raw: /m);
    expect(stderr).toMatch(/^imagectl: copied file:\S+ to file:\S+ by cp: 24 MiB in \S+ .*, verified by size$/m);
    expect((await readFile(join(directory, 'b.raw'))).equals(await readFile(join(directory, 'a.raw')))).toBe(true);
    expect((await stat(join(directory, 'b.raw'))).blocks * 512).toBeLessThan(12 * 2 ** 20);
    expect(await readdir(directory)).toEqual(['a.raw', 'b.raw']);
  });

  it('says nothing with --quiet', async () => {
    const directory = await directoryWithImage();
    expect(await imagectl(directory, 'copy', 'a.raw', 'b.raw', '--quiet')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('with --json writes events as lines, the last of which is the result', async () => {
    const directory = await directoryWithImage();
    const { stdout, status } = await imagectl(directory, 'copy', 'a.raw', 'b.raw', '--json', '--limit', '16MiB/s', '--verify', 'sha256');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TaskEvent);
    expect(status).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['state', 'plan', 'attempt', 'progress', 'result']));
    expect(events.at(-1)).toMatchObject({
      type: 'result',
      driver: 'cp',
      attempts: [{ driver: 'cp', number: 1 }],
      counters: { bytesLogical: 24 * 2 ** 20 },
      size: 24 * 2 ** 20,
      verified: { by: 'sha256' },
    });
  });

  it.each([
    ['a missing source', ['missing.raw', 'b.raw'], 4, 'SOURCE_MISSING', 'missing.raw'],
    ['a directory as source', ['folder', 'b.raw'], 4, 'SOURCE_KIND', 'folder'],
    ['an existing destination', ['a.raw', 'old.raw'], 5, 'DESTINATION_EXISTS', 'old.raw'],
    ['one and the same file', ['a.raw', './a.raw'], 5, 'SAME_FILE', 'a.raw'],
    ['a missing directory', ['a.raw', 'none/b.raw'], 5, 'DESTINATION_UNWRITABLE', 'none'],
    ['an unknown scheme', ['a.raw', 'gopher://host/b.raw'], 2, 'UNKNOWN_SCHEME', 'gopher'],
    ['a newline in a name', ['a.raw', 'b\nc.raw'], 2, 'BAD_PATH', 'b\\nc.raw'],
    ['a driver that cannot', ['a.raw', 'b.raw', '--driver', 'scp'], 3, 'NO_DRIVER', 'scp'],
    ['a driver nobody knows', ['a.raw', 'b.raw', '--driver', 'teleport'], 2, 'UNKNOWN_DRIVER', 'teleport'],
    ['a config that is missing', ['a.raw', 'b.raw', '--config', 'none.json'], 2, 'BAD_CONFIG', 'none.json'],
    ['an ssh configuration that is missing', ['a.raw', 'host:/b.raw', '--ssh-config', 'none'], 2, 'BAD_OPTION', '--ssh-config'],
  ])('refuses %s, to people and to programs', async (_what, words, expected, code, named) => {
    const directory = await directoryWithImage();
    await writeFile(join(directory, 'old.raw'), 'old');
    await mkdir(join(directory, 'folder'));
    const { status, stdout, stderr } = await imagectl(directory, 'copy', '--json', ...words);
    expect({ status, stderr }).toEqual({ status: expected, stderr: expect.stringMatching(/^imagectl: /) });
    expect(stderr).toContain(named);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ type: 'error', code, exitStatus: expected });
    expect(await readFile(join(directory, 'old.raw'), 'utf8')).toBe('old');
    expect((await readdir(directory)).toSorted()).toEqual(['a.raw', 'folder', 'old.raw']);
  });

  it('draws a bar on a terminal, and takes it away in the end', async () => {
    const directory = await directoryWithImage();
    const line = `"$NODE" "$IMAGECTL" copy a.raw b.raw --limit 12MiB/s`;
    const { status, stdout } = await shell(directory, `script --quiet --return --command '${line}' /dev/null < /dev/null`);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\[=+ *\] +\d+ % +\S+ MiB of 24 MiB/);
    expect(stdout.trimEnd().split(/\r?\n/).at(-1)).toMatch(/imagectl: copied .* by cp/);
  });

  it('writes a line now and then where there is no terminal', async () => {
    const directory = await directoryWithImage();
    const { stderr } = await imagectl(directory, 'copy', 'a.raw', 'b.raw', '--limit', '8MiB/s');
    const lines = stderr.split('\n').filter((line) => / % {2}/.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(stderr).not.toContain('\r');
  });
});
