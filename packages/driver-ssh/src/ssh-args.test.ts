import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packer, sshArgs } from './ssh-args.ts';
import type { CopyWords } from './ssh-args.ts';

const words: CopyWords = {
  kind: 'upload',
  from: '/from.raw',
  to: '/to.part',
  size: 1024,
  mark: 'mark-1',
  pace: '/bin/pace',
  ssh: { options: ['-o', 'BatchMode=yes'], host: 'h' },
  packing: 'zstd',
  processors: 8,
};

/** What a login shell over there makes of the last word. */
function farWords(args: readonly string[]): string[] {
  const command = (args.at(-1) ?? '').replace(/^exec /, `printf '%s\\0' `);
  return execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('sshArgs', () => {
  it('ends the options of ssh before the host, which is named with user and port', () => {
    const args = sshArgs({ ...words, ssh: { ...words.ssh, user: 'ann', port: 2201 } });
    expect(args.slice(args.indexOf('/bin/pace'), -1)).toEqual(['/bin/pace', '-o', 'BatchMode=yes', '-p', '2201', '-l', 'ann', '--', 'h']);
  });

  it('packs where the image is and unpacks where it arrives', () => {
    const upload = sshArgs(words);
    expect(upload[1]).toContain('| zstd -q -1 -T4 -c | "$@"');
    expect(farWords(upload)[2]).toContain('zstd -q -d -c | perl');
    const download = sshArgs({ ...words, kind: 'download', packing: 'gzip' });
    expect(download[1]).toContain('gzip -d -c | perl');
    expect(farWords(download)[2]).toMatch(/\| gzip -1 -c$/);
  });

  it('leaves out what packs where nothing does', () => {
    const args = sshArgs({ ...words, packing: 'none' });
    expect(args[1]).not.toMatch(/zstd|gzip/);
    expect(farWords(args)[2]).toBe('LC_ALL=C; export LC_ALL\nperl -e "$1" -- "$2" "$3" "$4" "$5"');
    expect(packer('none', 2)).toEqual([]);
  });

  it('reads the list of pieces where there is one, and then keeps what the destination holds', () => {
    expect(sshArgs(words)).toContain('/dev/null');
    expect(farWords(sshArgs(words)).at(-1)).toBe('');
    const listed = sshArgs({ ...words, list: '/scratch/pieces' });
    expect(listed.slice(6, 8)).toEqual(['given', '/scratch/pieces']);
    expect(farWords(listed).at(-1)).toBe('kept');
  });

  it('paces the bytes on the host that sends to another, where no file of ours lies', () => {
    const between = sshArgs({ ...words, kind: 'between', pace: 'mark-2' });
    expect(between[1]).toContain('| zstd -q -1 -T4 -c | perl -e "$pace" -- "$mark" "${IMAGE_API_RATE:--}" | "$@"');
    expect(between.slice(between.indexOf('mark-2'), -1)).toEqual(['mark-2', 'ssh', '-o', 'BatchMode=yes', '--', 'h']);
    expect(farWords(between)[2]).toContain('zstd -q -d -c | perl');
    const listed = sshArgs({ ...words, kind: 'between', list: ['1048576', '3145728', '05'] });
    expect(listed[1]).toContain('perl -e "$spell" -- "$chunk" "$held" "$size" "$bits" | perl -e "$send"');
    expect(listed.slice(listed.indexOf('ssh') - 3, listed.indexOf('ssh'))).toEqual(['1048576', '3145728', '05']);
    expect(farWords(listed).at(-1)).toBe('kept');
  });

  it('brings every name over there as it is', () => {
    // Control characters are refused long before.
    const name = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(name, (text) => {
        expect(farWords(sshArgs({ ...words, to: `/${text}` }))[5]).toBe(`/${text}`);
        expect(farWords(sshArgs({ ...words, kind: 'download', from: `/${text}` }))[6]).toBe(`/${text}`);
      }),
      { numRuns: 40 },
    );
  });
});
