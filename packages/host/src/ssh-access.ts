import { isIPv6 } from 'node:net';
import { ImageError } from '@image-api/driver';
import type { Authority, SshAccess } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';

/** The variable that holds the private directory of the shared connections: the one word that differs between processes. */
export const directoryVariable = 'IMAGE_API_SSH_DIR';

/**
 * The words that reach a host by ssh. The user's own configuration and known hosts stand, except where it would ask questions, open
 * other channels, run other commands, or trust a key nobody vouched for.
 */
export function sshOptions(configFile: string | undefined): string[] {
  const settings = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=6',
    'ControlMaster=no',
    'ControlPersist=no',
    `ControlPath=\${${directoryVariable}}/%C`,
    'RemoteCommand=none',
    'RequestTTY=no',
    'PermitLocalCommand=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'LogLevel=INFO',
  ];
  return [...(configFile === undefined ? [] : ['-F', configFile]), ...settings.flatMap((setting) => ['-o', setting])];
}

/** The arguments of `ssh` up to and including the host. */
export function sshArgs(access: SshAccess): string[] {
  const port = access.port === undefined ? [] : ['-p', String(access.port)];
  const user = access.user === undefined ? [] : ['-l', access.user];
  return [...access.options, ...port, ...user, '--', access.host];
}

/** `user@host:port`, as the caller named it. */
export function authorityText({ host, port, user }: Authority): string {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${bracketed}${port === undefined ? '' : `:${port}`}`;
}

/**
 * Refuse anything that ssh, rsync or a shell on the way could take for an option or a command.
 *
 * @throws ImageError `BAD_ENDPOINT`
 */
export function checkAuthority(authority: Authority): void {
  const { host, port, user } = authority;
  const name = escapeControl(authorityText(authority));
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/.test(host) && !isPlainIPv6(host)) {
    throw refused(name, 'a host is letters, digits, dots, dashes and underscores, or an IP address');
  }
  if (user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(user)) {
    throw refused(name, 'a user is letters, digits, dots, dashes and underscores');
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw refused(name, 'a port is a number from 1 to 65535');
  }
}

/** A zone (`%eth0`) would be one more thing for tools to misread. */
function isPlainIPv6(host: string): boolean {
  return isIPv6(host) && !host.includes('%');
}

function refused(name: string, why: string): ImageError {
  return new ImageError(`${name} cannot be a host: ${why}; put anything else into your ssh configuration and use its alias`, {
    code: 'BAD_ENDPOINT',
    origin: 'caller',
    untouched: true,
  });
}
