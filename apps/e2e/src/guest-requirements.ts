import { spawnSync } from 'node:child_process';

/** What a guest needs installed, also in a lab. */
export const guestTools: readonly string[] = ['qemu-system-x86_64', 'setpriv', 'apt-get', 'dpkg-deb', 'mke2fs', 'debugfs', 'e2fsck'];

/** Why no guest can be run on this machine, in words for the list of skipped tests; `undefined` when it can. */
export function whyNoGuest(extraTools: readonly string[] = []): string | undefined {
  if (process.platform !== 'linux') return 'the guest is made of packages that only Linux unpacks';
  const environment = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const script = 'for tool; do command -v -- "$tool" >/dev/null || echo "$tool"; done';
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', ...guestTools, ...extraTools], { env: environment, encoding: 'utf8' });
  return stdout === '' ? undefined : `not installed: ${stdout.trim().split('\n').join(', ')}`;
}
