import type { Facts, Host, PathStat } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import type { Look } from '../look/look.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { checkAgainstLook } from './check-against-look.ts';

const host = {} as Host;
const here = (facts: Partial<Facts> = {}): Look['from'] => ({
  endpoint: { ...parseUri('/a.qcow2'), facts: { kind: 'file', format: 'qcow2', ...facts } },
  host,
});
const daemon: Look['to'] = { endpoint: { ...parseUri('rsync://host/module/a'), facts: { kind: 'opaque' } } };
const device: Look['to'] = { endpoint: { ...parseUri('/dev/sdx'), facts: { kind: 'block' } }, host, stat: { kind: 'block' } as PathStat };
const checksum = `sha256:${'a'.repeat(64)}` as const;

describe('checkAgainstLook', () => {
  it('refuses a delta to where there is no file to start from, instead of forgetting it', () => {
    for (const to of [daemon, device]) {
      expect(() => checkAgainstLook({ delta: true }, { from: here(), to })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    }
  });

  it('refuses a checksum that nobody could check, before anything is replaced', () => {
    expect(() => checkAgainstLook({ checksum }, { from: here(), to: daemon })).toThrow(/nobody can read it back/);
  });
});
