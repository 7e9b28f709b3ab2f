import type { SshAccess } from '@image-api/driver';

/** A file on the machine scp runs on, or one it reaches by ssh. */
export interface Place {
  /** Absolute: a name with a colon in it is then no host, and one with a dash in front no option. */
  readonly path: string;
  readonly ssh?: Address;
}

/** Whom to log in to. */
export type Address = Pick<SshAccess, 'host' | 'user' | 'port'>;

export interface ScpWords {
  readonly from: Place;
  readonly to: Place;
  /** The options of ssh. */
  readonly options: readonly string[];
  /** The program that stands for ssh, carries the bytes and keeps the limit. */
  readonly pace?: string;
  /** In units of scp, which keeps it by itself. */
  readonly limit?: number;
  readonly compress: boolean;
}

/** 1024 bits a second: the unit of `-l`. */
const bytesPerUnit = 128;
/** scp takes no more; 12.5 GiB/s. */
const mostUnits = 104_857_600;

/**
 * One scp. Between two remote places the bytes go through here (`-3`), without touching this machine's disk. No `-q`: it would take
 * away ssh's own words about why a connection failed; without a terminal scp draws nothing anyway.
 */
export function scpArgs({ from, to, options, pace, limit, compress }: ScpWords): string[] {
  return [
    ...(pace === undefined ? [] : ['-S', pace]),
    ...options,
    ...(from.ssh && to.ssh ? ['-3'] : []),
    ...(compress ? ['-C'] : []),
    ...(limit === undefined ? [] : ['-l', String(limit)]),
    '--',
    // What is fetched is taken for a pattern, and a pattern that fits another name fetches the wrong file; what is put is taken as it is.
    from.ssh ? address(from.ssh, from.path.replaceAll(/[\\*?[\]{}]/g, String.raw`\$&`)) : from.path,
    to.ssh ? address(to.ssh, to.path) : to.path,
  ];
}

/** The arguments of an ssh that starts the other end's half of scp and lets it go at once. */
export function sftpTestArgs(ssh: Address, options: readonly string[]): string[] {
  const port = ssh.port === undefined ? [] : ['-p', String(ssh.port)];
  const user = ssh.user === undefined ? [] : ['-l', ssh.user];
  return [...options, ...port, ...user, '-s', '--', ssh.host, 'sftp'];
}

/** Units for a limit, rounded down; `undefined` when that would leave nothing. */
export function limitUnits(bytesPerSecond: number): number | undefined {
  const units = Math.min(mostUnits, Math.floor(bytesPerSecond / bytesPerUnit));
  return units > 0 ? units : undefined;
}

/** Bytes per second that so many units stand for. */
export function limitOfUnits(units: number): number {
  return units * bytesPerUnit;
}

/** A URI, because only there each end can have a port of its own. Signs that mean something in one are written in percent. */
function address({ host, user, port }: Address, path: string): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const encoded = path.replaceAll(/[%@:?#]/g, encodeURIComponent);
  return `scp://${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}/${encoded}`;
}
