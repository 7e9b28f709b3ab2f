import { execa } from 'execa';
import type { Result } from 'execa';
import type { NamespaceProcess } from './namespace-process.ts';

/** One machine of a lab. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  /** Its first process, as seen from here. */
  readonly pid: number;
  /** Where the files of whoever logs in there, or runs imagectl there, would be. */
  readonly home: string;
  /** Where a file of that machine can be reached from this process. */
  outside(path: string): string;
  /** The argument list that runs a command on it, from this machine. */
  enter(command: readonly string[], environment?: Readonly<Record<string, string>>): readonly [string, ...string[]];
  /** Run a command on it to its end. Rejects when it fails. */
  run(command: readonly string[]): Promise<Result>;
}

/** The environment a person would have who is logged in there. */
const loginEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/srv/home',
  LANG: 'C.UTF-8',
};

export function labHost(name: string, address: string, home: string, { pid }: NamespaceProcess): LabHost {
  const enter: LabHost['enter'] = (command, environment = {}) => {
    const variables = Object.entries({ ...loginEnvironment, ...environment }).map(([key, value]) => `${key}=${value}`);
    // A session of its own, so that a signal to its process group reaches what a terminal would reach, and nothing else.
    const inside = ['setsid', 'env', '--ignore-environment', '--chdir=/srv', ...variables, ...command];
    return ['nsenter', `--target=${pid}`, '--mount', '--uts', '--net', '--pid', '--', ...inside];
  };
  return {
    name,
    address,
    pid,
    home,
    outside: (path) => `/proc/${pid}/root${path}`,
    enter,
    run: (command) => {
      const [program, ...args] = enter(command);
      return execa(program, args, { stdin: 'ignore' });
    },
  };
}
