import { describe, expect, it } from 'vitest';
import { compareArgs } from './compare-guest.ts';

describe('compareArgs', () => {
  it('says the format of both, and names files by options', () => {
    const args = compareArgs({ path: '/a,b=c.raw', kind: 'file', format: 'gpt' }, { path: '/dev/sdx', kind: 'block', format: 'vhd' });
    expect(args.slice(-2)).toEqual([
      'driver=raw,file.driver=file,file.filename=/a,,b=c.raw',
      'driver=vpc,file.driver=host_device,file.filename=/dev/sdx',
    ]);
  });
});
