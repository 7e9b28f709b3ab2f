import { mkdir, readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { sha256, writeRandomImage } from '../src/image-files.ts';
import { failureOf } from '../src/result-lines.ts';

const names = [
  ['spaces', ' a  disk .raw'],
  ['both kinds of quotes', `it's "the" disk.raw`],
  ['a command in $()', '$(touch injected).raw'],
  ['a command in backquotes', '`touch injected`; touch injected #.raw'],
  ['a variable and a backslash', '$HOME\\n\\.raw'],
  ['a bracket pattern', 'a[1].raw'],
  ['a star and a question mark', '*?.raw'],
  ['a colon', 'host:disk.raw'],
  ['what is not ASCII', 'Größe-磁盘-🖴.raw'],
  ['a leading dash', '-rf.raw'],
  ['a leading tilde', '~root.raw'],
  ['a percent sign and a hash', 'a%20b#c?d.raw'],
  ['200 bytes', `${'n'.repeat(196)}.raw`],
] as const;

/** Beside every image there is one that a careless pattern would take for it. */
const neighbours = ['a1.raw', 'ab.raw', 'disk.raw'];

describeLab('names', { hosts: { alpha: {}, bare: { without: ['rsync'] } }, sideBySide: true }, (lab) => {
  const digests = new Map<string, string>();
  beforeAll(async () => {
    for (const host of lab().all) {
      for (const directory of ['in', 'out']) await mkdir(host.outside(`/srv/${directory}`));
      for (const name of neighbours) await writeRandomImage(host.outside(`/srv/in/${name}`), 1);
    }
    for (const [, name] of names) digests.set(name, await writeRandomImage(lab().here.outside(`/srv/in/${name}`), 1));
  });

  describe.concurrent('arrive exactly, there by rsync, on to a third by scp, and back,', () => {
    names.forEach(([what, name], index) => {
      it(`with ${what}`, async () => {
        const out = `/srv/out/${index}`;
        for (const host of lab().all) await mkdir(host.outside(out));
        for (const [to, ...args] of [
          ['alpha', `/srv/in/${name}`, `alpha:${out}/${name}`, '--driver', 'rsync'],
          ['here', `alpha:${out}/${name}`, `${out}/${name}`, '--driver', 'rsync'],
          ['bare', `${out}/${name}`, `bare:${out}/${name}`],
          ['here', `bare:${out}/${name}`, `${out}/${name}`, '--overwrite', 'replace'],
        ] as const) {
          const result = await lab().imagectl(['copy', ...args]);
          expectExit(result, 0);
          expect(await readdir(lab().host(to).outside(out)), result.story).toEqual([name]);
          expect(await sha256(lab().host(to).outside(`${out}/${name}`)), result.story).toBe(digests.get(name));
        }
      });
    });
  });

  it('make nothing else anywhere', async () => {
    for (const host of lab().all) {
      expect((await readdir(host.outside('/srv'))).toSorted()).toEqual(['home', 'in', 'out']);
      expect((await readdir(host.outside('/srv/out'))).toSorted()).toEqual(names.map((_, index) => String(index)).toSorted());
      expect((await readdir(host.outside('/srv/in'))).toSorted()).toEqual(
        [...neighbours, ...(host === lab().here ? digests.keys() : [])].toSorted(),
      );
    }
  });

  it('with a leading dash or a colon can be given relative to where one stands', async () => {
    for (const name of ['-rf.raw', 'host:disk.raw']) {
      const result = await lab().imagectl(['copy', `./in/${name}`, `./out/${name}`]);
      expectExit(result, 0);
      expect(await sha256(lab().here.outside(`/srv/out/${name}`)), result.story).toBe(digests.get(name));
    }
  });

  it.each([
    ['the source', '/srv/in/a\nb.raw', '/srv/out/x.raw'],
    ['the destination', '/srv/in/a1.raw', '/srv/out/a\nb.raw'],
    ['the destination on a far host', '/srv/in/a1.raw', 'alpha:/srv/out/a\nb.raw'],
  ])('with a newline are refused: %s', async (_what, from, to) => {
    const result = await lab().imagectl(['copy', from, to, '--json']);
    expectExit(result, 2);
    expect(failureOf(result).code).toBe('BAD_PATH');
    expect(result.stderr, 'one line, whatever the name holds').toMatch(/^[^\n]*\n?$/);
    for (const host of lab().all) expect((await readdir(host.outside('/srv/out'))).join()).not.toContain('\n');
  });
});
