import type { ContentDigest, Digest } from './endpoint.ts';

/**
 * A machine that files live on and tools run on: this one, or one reached over ssh. Both answer the same questions in the
 * same words, so neither the core nor a driver needs to know which it has. `@image-api/host` implements it.
 *
 * Every method that cannot reach the machine rejects with an `ImageError` (`UNREACHABLE`, `AUTH_DENIED` or `HOST_KEY`);
 * every path is absolute, and is taken literally: no globbing, no shell expansion.
 */
export interface Host {
  readonly kind: 'local' | 'ssh';
  /** For messages and plans: `local`, or `user@host:port` as the caller named it. */
  readonly id: string;
  /** How to reach it with tools that bring their own ssh; absent for this machine. */
  readonly ssh?: SshAccess;

  /**
   * Run one tool to its end, as a worker: it dies with us, even if we are killed with -9, here and over there.
   *
   * Resolves whatever the exit code was. Rejects with an `ImageError`: `TOOL_MISSING`, `CANCELLED` (the signal),
   * `DEADLINE`, `STALLED` (no progress), or the three of an unreachable host. When it settles, the tool is gone.
   */
  run(tool: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Is the tool there, does it start, and which version is it? Asked once per host and tool, then remembered. */
  tool(name: string): Promise<ToolInfo>;

  /** What is at `path`; `undefined` when nothing is. A symbolic link is reported as `link` unless `follow` is set. */
  stat(path: string, options?: { readonly follow?: boolean }): Promise<PathStat | undefined>;
  /** The path with every symbolic link resolved, absolute; a relative one starts at the login directory. Rejects when a part is missing. */
  realPath(path: string): Promise<string>;
  /** What an unprivileged writer may still add to the filesystem that holds `directory`, and what that filesystem is. */
  space(directory: string): Promise<{ readonly free: number; readonly filesystem: string }>;
  /** Whether this user may read, or write, what is at `path`. */
  access(path: string, mode: 'read' | 'write'): Promise<boolean>;
  /**
   * Some pieces of a file or block device, in the order asked for; a piece that reaches past the end is shorter. For headers: at
   * most 1 MiB in all.
   */
  read(path: string, ranges: readonly ByteRange[]): Promise<readonly Uint8Array[]>;
  /**
   * The digest of a file or block device, whole or of its first `length` bytes, computed on the host it lives on. Holes count as the
   * zeros they stand for, but are not read.
   */
  digest(path: string, options?: { readonly signal?: AbortSignal; readonly length?: number }): Promise<Digest>;
  /**
   * As `digest`, but of the blocks alone that are not all zeros, each with its place, and of the length: equal for the same content however it is
   * laid out, different for any other, and made in the time that the data takes. `undefined` where the machine lacks what that takes
   * (`perl`, on another one).
   */
  contentDigest(path: string, options?: { readonly signal?: AbortSignal; readonly length?: number }): Promise<ContentDigest | undefined>;

  /**
   * Create a private file (mode 0600), or take over the one that is there, and hold it: until `release()` nobody else can
   * claim it, and a write-back error of the kernel cannot get lost. The kernel lets go by itself if we die. A block device is
   * opened exclusively and held, so that nobody can mount it meanwhile.
   *
   * Rejects with `DESTINATION_BUSY` while another copy holds it, or the system uses the device, and with `DESTINATION_KIND` if what
   * is there is not a plain file of this user's own with a single name. A rejected claim leaves no file that it made.
   */
  claim(
    path: string,
    options?: {
      readonly signal?: AbortSignal;
      /** Wait this long for another holder to let go: over ssh, our own one of a lost connection may take a minute. Default 0. */
      readonly waitMs?: number;
    },
  ): Promise<Claim>;
  /**
   * Look for staging files in a directory and remove those that nobody holds. What another process holds is never touched, nor is
   * what is no plain file of this user's own.
   *
   * Rejects with `DESTINATION_UNWRITABLE` where one cannot be removed. A directory that is not there has none.
   */
  sweep(directory: string, options: SweepOptions): Promise<readonly Leftover[]>;
  /** Copy a file beside itself on this host, sharing blocks where the filesystem can. `to` exists already and is overwritten. */
  duplicate(from: string, to: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Give `from` the name `to`, atomically, and only if nothing has that name: else rejects with `DESTINATION_EXISTS`. */
  renameNew(from: string, to: string): Promise<void>;
  /** Give `from` the name `to`, atomically, in place of what had it. */
  renameOver(from: string, to: string): Promise<void>;
  /** Remove exactly this file. Nothing there is not an error. */
  remove(path: string): Promise<void>;
  /** Set permission bits, and the owner where given and permitted. */
  setMode(path: string, mode: number, owner?: { readonly uid: number; readonly gid: number }): Promise<void>;
  /** Wait until the file's bytes, or the directory's names, would survive a power cut. A failure is final: the bytes are suspect. */
  sync(path: string): Promise<void>;
}

/** What a tool that brings its own ssh (rsync, scp) needs to use the host's one shared connection. */
export interface SshAccess {
  /** `ssh` itself, a bare word. */
  readonly program: string;
  /**
   * Options that `ssh` and `scp` both understand: `-F FILE` if one was named, then `-o` pairs. The same in every process; what
   * differs (the private directory of the shared connection) is in `environment`.
   */
  readonly options: readonly string[];
  /** Variables the options refer to; must be in the environment of any ssh that is given them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** End it after this long. No default: a copy may take days. */
  readonly deadlineMs?: number;
  /**
   * End it when `progress()` has not changed for this long. Without `progress`, output of any kind counts. No default.
   */
  readonly stallMs?: number;
  /** A number that changes whenever work was done, such as bytes written so far. */
  readonly progress?: () => number;
  /** Added to the clean environment of a child: `PATH`, `HOME`, `LC_ALL=C`, `TZ`, `SSH_AUTH_SOCK` and nothing else. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Let it give way to everything else on its machine: the lowest priority for the processor, and the idle class for the disk where
   * `ionice` is there. Default false.
   */
  readonly idle?: boolean;
  /**
   * It takes a moment, and does no harm if it is run twice: a machine over ssh runs it in a shell that answers one such question after another,
   * where it can, sooner than in a session of its own. Default false.
   */
  readonly brief?: boolean;
  /** Called with each piece of standard output as it comes, decoded as UTF-8. */
  readonly onStdout?: (text: string) => void;
  /** From the first request to end (TERM to the whole group) to the last (KILL). Default 5000. */
  readonly killAfterMs?: number;
}

export interface RunResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The first 1 MiB of standard output. */
  readonly stdout: string;
  /** The last 64 KiB of standard error. */
  readonly stderr: string;
  readonly durationMs: number;
}

export type ToolInfo =
  | {
      readonly available: true;
      readonly path: string;
      /** `3.2.7`, or what else it calls itself. */
      readonly version: string;
      /** Its whole version text. */
      readonly about: string;
    }
  | { readonly available: false; readonly reason: string };

export interface PathStat {
  readonly kind: 'file' | 'directory' | 'block' | 'character' | 'fifo' | 'socket' | 'link';
  /** Of a file its length, of a block device its capacity. */
  readonly size: number;
  /** Bytes that take room on disk. */
  readonly allocated: number;
  /** Device and inode numbers as decimal text: they are 64 bits wide. */
  readonly device: string;
  readonly inode: string;
  readonly links: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Last change of the content and of the entry, in nanoseconds since 1970, as decimal text. */
  readonly modifiedNs: string;
  readonly changedNs: string;
  /** Of a device node: `major:minor`. */
  readonly deviceNode?: string;
}

/** A piece of a file, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface SweepOptions {
  /**
   * How the names begin, taken literally; what follows is `.`, sixteen hexadecimal digits and `.part`. Empty: the staging files of all
   * copies, whose names begin with `.` and something more.
   */
  readonly prefix: string;
  /** A name in the directory that is not looked at: the caller's own. */
  readonly except?: string;
  /** Remove only what was not written to for this long, by the clock of its host. Default 0. */
  readonly olderThanMs?: number;
  /** Only look. Default false. */
  readonly dryRun?: boolean;
}

/** A staging file that was found. */
export interface Leftover {
  readonly path: string;
  readonly size: number;
  readonly allocated: number;
  /** Since it was last written to, by the clock of its host; never negative. */
  readonly ageMs: number;
  /** Its bytes have another name, too: the copy had ended, but for the removal of this one. */
  readonly published: boolean;
  /** `held`: a copy is using it. `kept`: it is not old enough, or this was only a look. */
  readonly state: 'removed' | 'held' | 'kept';
}

/** A staging file held by us. */
export interface Claim {
  /** True when an earlier try had left the file. */
  readonly existed: boolean;
  /** Bytes it held when it was claimed. */
  readonly size: number;
  /**
   * Aborted when it is no longer ours though we did not let go, because the connection to its host was lost; the reason is an
   * `ImageError` that may be retried. Never for a file of this machine.
   */
  readonly lost: AbortSignal;
  /** Let go; the file stays where it is. Calling it twice is harmless. */
  release(): Promise<void>;
}
