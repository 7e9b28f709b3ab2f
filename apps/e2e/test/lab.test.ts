import { expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';

describeLab('the lab itself', { hosts: { alpha: {}, bare: { without: ['rsync'], sftp: false }, closed: { admits: ['alpha'] } } }, (lab) => {
  const ssh = (name: string): readonly string[] => [
    'ssh',
    '-F',
    '/etc/ssh/lab.conf',
    '-o',
    'BatchMode=yes',
    '-o',
    'StrictHostKeyChecking=yes',
    name,
    'hostname',
  ];

  it('has hosts with names, files and processes of their own', async () => {
    const { stdout } = await lab().here.run(ssh('alpha'));
    expect(stdout).toBe('alpha');
    await lab().host('alpha').run(['touch', '/srv/only-there']);
    await expect(lab().here.run(['test', '-e', '/srv/only-there'])).rejects.toThrow('exit code 1');
    await lab().host('alpha').run(['rm', '/srv/only-there']);
  });

  it('lets nobody in whom a host does not admit', async () => {
    await expect(lab().here.run(ssh('closed'))).rejects.toThrow('Permission denied');
    const { stdout } = await lab().host('alpha').run(['ssh', '-o', 'BatchMode=yes', 'closed', 'hostname']);
    expect(stdout).toBe('closed');
  });

  it('can do without a tool and without SFTP', async () => {
    await expect(lab().host('bare').run(['rsync', '--version'])).rejects.toThrow('No such file');
    await expect(lab().here.run(['sh', '-c', 'echo pwd | sftp -F /etc/ssh/lab.conf bare'])).rejects.toThrow('subsystem request failed');
    await lab().host('alpha').run(['rsync', '--version']);
  });

  it.each(['refused', 'stranger', 'impostor', 'nowhere'])('has a host that cannot be reached: %s', async (name) => {
    await expect(lab().here.run(ssh(name))).rejects.toThrow(/Permission denied|host key|HOST IDENTIFICATION|resolve/);
  });
});
