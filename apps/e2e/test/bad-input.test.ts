import { mkdir, writeFile } from 'node:fs/promises';
import type { ErrorCode } from 'image-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { listing } from '../src/listing.ts';
import { failureOf } from '../src/result-lines.ts';

interface Row {
  readonly what: string;
  /** Put after `copy`. `%` is the place: nothing for here, `alpha:` for over ssh. */
  readonly args: readonly string[];
  readonly exit: number;
  readonly code: ErrorCode;
  /** What the message must name: the endpoint (or flag, or key), and the way out. */
  readonly says: readonly (string | RegExp)[];
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Wrong in the same way on this machine and over ssh. */
const everywhere: readonly Row[] = [
  { what: 'a missing source', args: ['%/srv/nosuch.raw', '%/srv/new.raw'], exit: 4, code: 'SOURCE_MISSING', says: ['/srv/nosuch.raw'] },
  {
    what: 'a directory as source',
    args: ['%/srv/folder', '%/srv/new.raw'],
    exit: 4,
    code: 'SOURCE_KIND',
    says: ['/srv/folder', 'directory'],
  },
  { what: 'a FIFO as source', args: ['%/srv/fifo', '%/srv/new.raw'], exit: 4, code: 'SOURCE_KIND', says: ['/srv/fifo', /fifo|pipe/i] },
  { what: 'a socket as source', args: ['%/srv/socket', '%/srv/new.raw'], exit: 4, code: 'SOURCE_KIND', says: ['/srv/socket', 'socket'] },
  {
    what: 'an endless device as source',
    args: ['%/dev/zero', '%/srv/new.raw'],
    exit: 4,
    code: 'SOURCE_KIND',
    says: ['/dev/zero', 'device'],
  },
  {
    what: 'a link to nothing as source',
    args: ['%/srv/dangling', '%/srv/new.raw'],
    exit: 4,
    code: 'SOURCE_MISSING',
    says: ['/srv/dangling'],
  },
  {
    what: 'an existing destination',
    args: ['/srv/disk.raw', '%/srv/old.raw'],
    exit: 5,
    code: 'DESTINATION_EXISTS',
    says: ['/srv/old.raw', '--overwrite replace'],
  },
  { what: 'a directory as destination', args: ['/srv/disk.raw', '%/srv/folder'], exit: 5, code: 'DESTINATION_KIND', says: ['/srv/folder'] },
  {
    what: 'a directory as destination, to be replaced',
    args: ['/srv/disk.raw', '%/srv/folder', '--overwrite', 'replace'],
    exit: 5,
    code: 'DESTINATION_KIND',
    says: ['/srv/folder'],
  },
  {
    what: 'a FIFO as destination',
    args: ['/srv/disk.raw', '%/srv/fifo', '--overwrite', 'replace'],
    exit: 5,
    code: 'DESTINATION_KIND',
    says: ['/srv/fifo'],
  },
  {
    what: 'a link as destination, to be replaced',
    args: ['/srv/disk.raw', '%/srv/elsewhere', '--overwrite', 'replace'],
    exit: 5,
    code: 'DESTINATION_KIND',
    says: ['/srv/elsewhere', 'link'],
  },
  {
    what: 'a link to nothing as destination',
    args: ['/srv/disk.raw', '%/srv/dangling'],
    exit: 5,
    code: 'DESTINATION_KIND',
    says: ['/srv/dangling', 'link'],
  },
  {
    what: 'a character device as destination',
    args: ['/srv/disk.raw', '%/dev/null', '--overwrite', 'replace'],
    exit: 5,
    code: 'DESTINATION_KIND',
    says: ['/dev/null', 'device'],
  },
  {
    what: 'a socket as destination',
    args: ['/srv/disk.raw', '%/srv/socket', '--overwrite', 'replace'],
    exit: 5,
    code: 'DESTINATION_KIND',
    says: ['/srv/socket', 'socket'],
  },
  {
    what: 'a missing directory',
    args: ['/srv/disk.raw', '%/srv/nodir/x.raw'],
    exit: 5,
    code: 'DESTINATION_UNWRITABLE',
    says: ['/srv/nodir'],
  },
  {
    what: 'the same file',
    args: ['%/srv/disk.raw', '%/srv/disk.raw', '--overwrite', 'replace'],
    exit: 5,
    code: 'SAME_FILE',
    says: ['/srv/disk.raw'],
  },
  {
    what: 'the same file through a hard link',
    args: ['%/srv/disk.raw', '%/srv/hard.raw', '--overwrite', 'replace'],
    exit: 5,
    code: 'SAME_FILE',
    says: ['/srv/hard.raw'],
  },
  {
    what: 'the same file through a link as source',
    args: ['%/srv/soft.raw', '%/srv/disk.raw', '--overwrite', 'replace'],
    exit: 5,
    code: 'SAME_FILE',
    says: ['/srv/soft.raw'],
  },
  {
    what: 'the same file through a linked directory',
    args: ['%/srv/disk.raw', '%/srv/itself/disk.raw', '--overwrite', 'replace'],
    exit: 5,
    code: 'SAME_FILE',
    says: ['disk.raw'],
  },
  { what: 'no room', args: ['/srv/disk.raw', '%/srv/small/x.raw'], exit: 6, code: 'NO_SPACE', says: ['/srv/small/x.raw', /\d/] },
];

/** Wrong wherever it is. */
const once: readonly Row[] = [
  {
    what: 'a bare limit',
    args: ['/srv/disk.raw', '/srv/new.raw', '--limit', '50'],
    exit: 2,
    code: 'BAD_LIMIT',
    says: ['--limit', '50', '50MiB/s'],
  },
  {
    what: 'a limit of nonsense',
    args: ['/srv/disk.raw', '/srv/new.raw', '--limit', 'fast'],
    exit: 2,
    code: 'BAD_LIMIT',
    says: ['--limit', 'fast'],
  },
  {
    what: 'a negative limit',
    args: ['/srv/disk.raw', '/srv/new.raw', '--limit=-5MiB/s'],
    exit: 2,
    code: 'BAD_LIMIT',
    says: ['--limit', '-5MiB/s'],
  },
  {
    what: 'a scheme nobody knows as source',
    args: ['gopher://alpha/x', '/srv/new.raw'],
    exit: 2,
    code: 'UNKNOWN_SCHEME',
    says: ['gopher'],
  },
  {
    what: 'a scheme nobody knows as destination',
    args: ['/srv/disk.raw', 'ftp://alpha/x'],
    exit: 2,
    code: 'UNKNOWN_SCHEME',
    says: ['ftp'],
  },
  { what: 'a URI without a host', args: ['/srv/disk.raw', 'ssh:///srv/x.raw'], exit: 2, code: 'BAD_ENDPOINT', says: ['ssh:///srv/x.raw'] },
  { what: 'a URI with a bad port', args: ['/srv/disk.raw', 'ssh://alpha:99999/srv/x.raw'], exit: 2, code: 'BAD_ENDPOINT', says: ['99999'] },
  { what: 'a URI with a bad escape', args: ['/srv/disk.raw', 'ssh://alpha/srv/%zz.raw'], exit: 2, code: 'BAD_ENDPOINT', says: ['%zz'] },
  {
    what: 'a host that is an option',
    args: ['/srv/disk.raw', 'ssh://-oProxyCommand=touch%20injected/srv/x.raw'],
    exit: 2,
    code: 'BAD_ENDPOINT',
    says: ['-oProxyCommand'],
  },
  {
    what: 'a user that is an option',
    args: ['/srv/disk.raw', '-oProxyCommand=x@alpha:/srv/x.raw'].toSpliced(1, 0, '--'),
    exit: 2,
    code: 'BAD_ENDPOINT',
    says: ['-oProxyCommand'],
  },
  { what: 'an empty source', args: ['', '/srv/new.raw'], exit: 2, code: 'BAD_ENDPOINT', says: ['""', 'path or a URI'] },
  { what: 'an unknown host', args: ['/srv/disk.raw', 'nosuchhost:/srv/x.raw'], exit: 7, code: 'UNREACHABLE', says: ['nosuchhost'] },
  {
    what: 'an unknown host as source',
    args: ['ssh://nosuchhost/srv/x.raw', '/srv/new.raw'],
    exit: 7,
    code: 'UNREACHABLE',
    says: ['nosuchhost'],
  },
  {
    what: 'a port nobody listens on',
    args: ['/srv/disk.raw', 'ssh://alpha:2222/srv/x.raw'],
    exit: 7,
    code: 'UNREACHABLE',
    says: ['alpha', '2222'],
  },
  { what: 'a refused key', args: ['/srv/disk.raw', 'refused:/srv/x.raw'], exit: 7, code: 'AUTH_DENIED', says: ['refused'] },
  {
    what: 'an unknown host key',
    args: ['/srv/disk.raw', 'stranger:/srv/x.raw'],
    exit: 7,
    code: 'HOST_KEY',
    says: ['stranger', 'known_hosts'],
  },
  {
    what: 'a changed host key',
    args: ['impostor:/srv/disk.raw', '/srv/new.raw'],
    exit: 7,
    code: 'HOST_KEY',
    says: ['impostor', 'known_hosts'],
  },
  {
    what: 'a need no driver has',
    args: ['/srv/disk.raw', '/srv/new.raw', '--needs', 'readyEarly'],
    exit: 3,
    code: 'NO_DRIVER',
    says: ['cp', 'rsync', 'before it is complete'],
  },
  {
    what: 'a driver nobody configured',
    args: ['/srv/disk.raw', '/srv/new.raw', '--driver', 'pigeon'],
    exit: 2,
    code: 'UNKNOWN_DRIVER',
    says: ['pigeon'],
  },
  {
    what: 'a need nobody knows',
    args: ['/srv/disk.raw', '/srv/new.raw', '--needs', 'speed'],
    exit: 2,
    code: 'BAD_OPTION',
    says: ['--needs', 'speed', 'sparse'],
  },
  {
    what: 'an unknown driver in the config',
    config: { drivers: ['cp', 'pigeon'] },
    args: ['/srv/disk.raw', '/srv/new.raw'],
    exit: 2,
    code: 'UNKNOWN_DRIVER',
    says: ['pigeon'],
  },
  {
    what: 'an unknown key in the config',
    config: { limitz: {} },
    args: ['/srv/disk.raw', '/srv/new.raw'],
    exit: 2,
    code: 'BAD_CONFIG',
    says: ['limitz'],
  },
  {
    what: 'an unknown key deep in the config',
    config: { rules: [{ use: ['cp'], too: 'x' }] },
    args: ['/srv/disk.raw', '/srv/new.raw'],
    exit: 2,
    code: 'BAD_CONFIG',
    says: [/rules\W+0\W+too/],
  },
  {
    what: 'a bare limit in the config',
    config: { limits: { bandwidth: '50' } },
    args: ['/srv/disk.raw', '/srv/new.raw'],
    exit: 2,
    code: 'BAD_CONFIG',
    says: ['limits.bandwidth', '50MiB/s'],
  },
  {
    what: 'a value of the wrong kind in the config',
    config: { concurrency: 'many' },
    args: ['/srv/disk.raw', '/srv/new.raw'],
    exit: 2,
    code: 'BAD_CONFIG',
    says: ['concurrency'],
  },
];

const everyRow: readonly Row[] = [
  ...everywhere.map((row) => ({ ...row, what: `${row.what}, here`, args: row.args.map((arg) => arg.replace('%/', '/')) })),
  ...everywhere.map((row) => ({ ...row, what: `${row.what}, over ssh`, args: row.args.map((arg) => arg.replace('%/', 'alpha:/')) })),
  ...once,
];

describeLab('bad input', { hosts: { alpha: {} }, sideBySide: true }, (lab) => {
  beforeAll(async () => {
    for (const host of lab().all) {
      await writeRandomImage(host.outside('/srv/disk.raw'), 2);
      await writeFile(host.outside('/srv/old.raw'), 'the old content');
      await mkdir(host.outside('/srv/folder'));
      await host.run(['mkfifo', '/srv/fifo']);
      await host.run(['ln', '/srv/disk.raw', '/srv/hard.raw']);
      await host.run(['ln', '-s', 'disk.raw', '/srv/soft.raw']);
      await host.run(['ln', '-s', 'nothing', '/srv/dangling']);
      await host.run(['ln', '-s', 'old.raw', '/srv/elsewhere']);
      // Only who ends in order takes the name away again.
      const leave = `require('node:net').createServer().listen('/srv/socket', () => process.kill(process.pid, 'SIGKILL'))`;
      await host.run(['sh', '-c', '"$0" -e "$1" || true', process.execPath, leave]);
      await host.run(['ln', '-s', '/srv', '/srv/itself']);
      await mkdir(host.outside('/srv/small'));
      await host.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'small', '/srv/small']);
    }
  });

  /** But for the directory of notes in the home directory, which stays; what is in it is looked for by the suite. */
  const everything = async (): Promise<unknown> =>
    Promise.all(lab().all.map(async (host) => Object.entries(await listing(host, '/srv')).filter(([path]) => !path.startsWith('home/'))));

  describe.concurrent('is refused at once,', () => {
    for (const { what, args, exit, code, says, config } of everyRow) {
      it(`given ${what}`, async () => {
        const before = await everything();
        const result = await lab().imagectl(['copy', '--json', ...args], config ? { config } : {});
        expectExit(result, exit);
        const failure = failureOf(result);
        expect(failure, result.story).toMatchObject({ code, exitStatus: exit });
        for (const words of says) expect(failure.message, result.story).toMatch(words);
        expect(result.stderr, 'no stack').not.toMatch(/^\s+at /m);
        expect(await everything(), `nothing made, nothing changed\n${result.story}`).toEqual(before);
      });
    }
  });

  it.each(['', 'alpha:'])('is refused when all bytes are there: a content that is not the one promised, to "%s"', async (prefix) => {
    const before = await everything();
    const promised = `sha256:${'0'.repeat(64)}`;
    const result = await lab().imagectl([
      'copy',
      '--json',
      '/srv/disk.raw',
      `${prefix}/srv/old.raw`,
      '--overwrite',
      'replace',
      '--checksum',
      promised,
    ]);
    expectExit(result, 8);
    expect(failureOf(result), result.story).toMatchObject({ code: 'VERIFY_FAILED', message: expect.stringContaining('/srv/disk.raw') });
    expect(failureOf(result).message).toContain(promised);
    expect(await everything(), `the old destination as it was\n${result.story}`).toEqual(before);
  });
});
