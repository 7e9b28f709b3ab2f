import { describe, expect, it } from 'vitest';
import { readCopyFlags } from './read-copy-flags.ts';

const sum = 'a'.repeat(63);

describe('readCopyFlags', () => {
  it('asks for nothing when nothing was typed', () => {
    expect(readCopyFlags({ json: true, quiet: true, debug: true, config: 'x' })).toEqual({});
  });

  it('hands every flag on as an option of the copy', () => {
    const flags = {
      limit: '20MiB/s',
      needs: 'sparse, resume',
      driver: 'rsync',
      format: 'qcow2',
      toFormat: 'raw',
      verify: 'sha256',
      checksum: `sha256:${sum.toUpperCase()}F`,
      overwrite: 'replace',
      delta: true,
      priority: 'idle',
    } as const;
    expect(readCopyFlags(flags)).toEqual({ ...flags, needs: ['sparse', 'resume'], checksum: `sha256:${sum}f` });
  });

  it('makes a promise of what --ready waits for', () => {
    expect(readCopyFlags({ ready: true })).toEqual({ needs: ['readyEarly'] });
    expect(readCopyFlags({ ready: true, needs: 'pause,readyEarly' })).toEqual({ needs: ['pause', 'readyEarly'] });
  });

  it('lets a limit be lifted', () => {
    expect(readCopyFlags({ limit: 'none' })).toEqual({ limit: 'none' });
  });

  it('refuses a bare limit and says how to write it', () => {
    expect(() => readCopyFlags({ limit: '50' })).toThrow(
      expect.objectContaining({ code: 'BAD_LIMIT', message: expect.stringMatching(/^--limit: .*50MiB\/s/) }),
    );
  });

  it.each([
    [{ needs: 'sparse,fast' }, '--needs', '"fast"'],
    [{ needs: '' }, '--needs', '""'],
    [{ needs: 'constructor' }, '--needs', '"constructor"'],
    [{ driver: '' }, '--driver', 'empty'],
    [{ format: 'qcow3' }, '--format', '"qcow3"'],
    [{ toFormat: 'RAW' }, '--to-format', '"RAW"'],
    [{ verify: 'md5' }, '--verify', 'none, size, content, sha256'],
    [{ checksum: 'd41d8cd9' }, '--checksum', '64 hexadecimal'],
    [{ checksum: `md5:${sum}a` }, '--checksum', 'sha256:'],
    [{ overwrite: 'yes' }, '--overwrite', 'never, replace'],
    [{ priority: 'low' }, '--priority', 'normal, idle'],
  ])('refuses %j, naming the flag and what it takes', (flags, flag, words) => {
    expect(() => readCopyFlags(flags)).toThrow(expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(flag) }));
    expect(() => readCopyFlags(flags)).toThrow(words);
  });
});
