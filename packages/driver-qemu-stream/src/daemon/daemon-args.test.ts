import { describe, expect, it } from 'vitest';
import { daemonArgs } from './daemon-args.ts';

describe('daemonArgs', () => {
  it('starts a daemon that has a monitor and nothing else, within bounds', () => {
    expect(daemonArgs('/run/x/monitor', { memory: 1024, cpuSeconds: 60 })).toEqual([
      '--core=0',
      '--as=1024',
      '--cpu=60',
      '--',
      'qemu-storage-daemon',
      '--chardev',
      'socket,id=monitor,path=/run/x/monitor,server=on,wait=off',
      '--monitor',
      'chardev=monitor',
    ]);
  });

  it('lets no comma in a path become another option', () => {
    expect(daemonArgs('/run/a,b=c/monitor', { memory: 1 })).toContain('socket,id=monitor,path=/run/a,,b=c/monitor,server=on,wait=off');
  });
});
