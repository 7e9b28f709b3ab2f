import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

const tools = ['unshare', 'nsenter', 'setpriv', 'mount', 'ip', 'ssh', 'ssh-keygen', 'scp', 'rsync', 'sh', 'setsid'];

/** Why a lab cannot be built on this machine, in words for the list of skipped tests; `undefined` when it can. */
export function whatIsMissing(extraTools: readonly string[] = []): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces here';
  const absent = [...tools, ...extraTools].filter((tool) => !isInstalled(tool));
  if (!existsSync(sshdPath)) absent.push('sshd');
  if (absent.length > 0) return `not installed: ${absent.join(', ')}`;
  const tried = spawnSync('unshare', ['--net', '--mount', '--uts', '--pid', '--fork', '--mount-proc', 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `namespaces are not permitted: ${tried.stderr.trim()}`;
}

/** sshd insists on being started by its absolute path. */
const sshdPath = '/usr/sbin/sshd';

function isInstalled(tool: string): boolean {
  return (
    spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', tool], { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } }).status === 0
  );
}
