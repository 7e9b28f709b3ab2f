/**
 * The words that run a command so that some of its system calls, and those of all it starts, fail, kill or dawdle. `injections` are
 * written as `strace -e inject=` takes them: `fsync:error=EIO:when=1`. The command keeps its process number.
 *
 * Node spreads file operations over threads, and strace counts each thread's calls apart: have it use one (`oneThread`).
 */
export function tamper(...injections: readonly string[]): readonly string[] {
  const calls = injections.map((injection) => injection.split(':')[0]).join(',');
  const words = injections.flatMap((injection) => ['-e', `inject=${injection}`]);
  return ['strace', '-D', '-f', '--seccomp-bpf', '-qqq', '-o', '/dev/null', '-e', `trace=${calls}`, ...words];
}

/** The same, of calls that are about this file only. */
export function tamperWith(path: string, ...injections: readonly string[]): readonly string[] {
  return [...tamper(...injections), '-P', path];
}

/** For the environment of a Node program whose file operations are counted. */
export const oneThread: Readonly<Record<string, string>> = { UV_THREADPOOL_SIZE: '1' };
