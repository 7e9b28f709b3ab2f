import type { ImageApi, ResolvedConfig } from 'image-api';
import type { CommandFlags } from './flags/flags.ts';
import type { DetachedStart, Started } from './process/start-detached.ts';

/** Somewhere to write: a terminal, a pipe or a file. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** All that a command may reach for. */
export interface World {
  /** Results, and nothing else. */
  readonly stdout: Output;
  /** Progress and complaints. */
  readonly stderr: Output;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user, or the system, wants us to end. */
  readonly signal: AbortSignal;
  /** Rejects when clean-up after that takes too long; else never settles. */
  readonly gaveUp: Promise<never>;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** The config in force, with what the flags say put over it. Rejects with BAD_CONFIG or BAD_OPTION. */
  loadConfig(flags: CommandFlags): Promise<ResolvedConfig>;
  createApi(config: ResolvedConfig): Promise<ImageApi>;
  /** Run the same command line in the background until it copies, or, with `--ready`, until the image can be used. */
  startDetached(): Promise<DetachedStart>;
  /** In the background: tell the command that started us that the copy has begun, or can be used. Absent in the foreground. */
  readonly tellStarter?: (started: Started) => void;
}
