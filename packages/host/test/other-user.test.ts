import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { remoteScripts } from '../src/remote-scripts.ts';
import { startProgram } from './child-program.ts';

const someUser = 65_534;
let directory: string;
beforeEach(async () => {
  directory = await fs.mkdtemp(join(await fs.realpath(tmpdir()), 'image-api-host-'));
  await fs.chmod(directory, 0o777);
});
afterEach(() => fs.rm(directory, { recursive: true }));

/** Run a program as a user without privileges; answers what it printed. */
async function asSomeUser(code: string, args: readonly string[] = []): Promise<string> {
  const program = await startProgram(
    `process.setgroups([]); process.setgid(${someUser}); process.setuid(${someUser});
     const hosts = createHosts({ environment: { PATH: process.env.PATH } });
     ${code}`,
    args,
  );
  await once(program.child, 'close');
  await program.remove();
  return program.output();
}

describe.skipIf(process.getuid?.() !== 0)('as a user without privileges (root only: it takes another user)', () => {
  it('refuses a directory for sockets that belongs to somebody else', async (context) => {
    const place = `/tmp/image-api-${someUser}`;
    await fs.mkdir(place, { mode: 0o700 }).catch(() => context.skip(`${place} is in use`));
    const said = await asSomeUser(
      "try { hosts.ssh({ host: 'box' }).ssh.environment } catch (error) { console.log(error.code, error.message) }",
    );
    await fs.rmdir(place);
    expect(said).toContain(`BAD_OPTION no private directory can be made: ${place} belongs to somebody else`);
  });

  describe('where the kernel forbids a second name for a file of another user', () => {
    beforeEach(async (context) => {
      if ((await fs.readFile('/proc/sys/fs/protected_hardlinks', 'utf8')).trim() !== '1') context.skip('fs.protected_hardlinks is not set');
      await fs.writeFile(join(directory, 'staging'), 'new', { mode: 0o600 });
      await fs.writeFile(join(directory, 'taken'), 'old', { mode: 0o600 });
    });

    const renameHere = (to: string): Promise<string> =>
      asSomeUser(
        "const [from, to] = process.argv.slice(2); await hosts.local.renameNew(from, to).then(() => console.log('renamed'), (error) => console.log(error.code));",
        [join(directory, 'staging'), join(directory, to)],
      );
    const renameThere = (to: string): string =>
      execFileSync(
        'sh',
        ['-c', `(${remoteScripts.renameNew}) 2>&1 && echo renamed; exit 0`, 'sh', join(directory, 'staging'), join(directory, to)],
        { uid: someUser, gid: someUser, encoding: 'utf8' },
      );

    it.each([
      ['here', renameHere],
      ['over there', renameThere],
    ])('a new name is given all the same %s, and never one that is taken', async (_, rename) => {
      expect(await rename('taken')).toMatch(/DESTINATION_EXISTS|exist/i);
      expect((await fs.readdir(directory)).toSorted()).toEqual(['staging', 'taken']);
      expect(await rename('free')).toContain('renamed');
      expect((await fs.readdir(directory)).toSorted()).toEqual(['free', 'taken']);
      expect([await fs.readFile(join(directory, 'free'), 'utf8'), await fs.readFile(join(directory, 'taken'), 'utf8')]).toEqual([
        'new',
        'old',
      ]);
    });
  });

  it('says what may not be read or written, and by whom', async () => {
    await fs.writeFile(join(directory, 'secret'), 'x', { mode: 0o600 });
    const said = await asSomeUser(
      `const path = process.argv[2];
       const { local } = hosts;
       console.log(await local.access(path, 'read'), await local.access(path, 'write'));
       for (const work of [() => local.read(path, [{ offset: 0, length: 1 }]), () => local.claim(path), () => local.setMode(path, 0o644), () => local.duplicate('/etc/hostname', path)]) {
         await work().catch((error) => console.log(error.code, error.origin));
       }`,
      [join(directory, 'secret')],
    );
    expect(said.trim().split('\n')).toEqual([
      'false false',
      'SOURCE_UNREADABLE source',
      'DESTINATION_UNWRITABLE destination',
      'DESTINATION_UNWRITABLE destination',
      'DESTINATION_UNWRITABLE destination',
    ]);
  });
});
