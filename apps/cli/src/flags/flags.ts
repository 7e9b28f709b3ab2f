/** What commander hands to a command: text as it was typed, to be judged by the command. */
export interface CommandFlags {
  readonly json?: true;
  readonly debug?: true;
  /** Path of a config file, used in place of the nearest one. */
  readonly config?: string;
  /** Path of an ssh configuration, used as `ssh -F` would. */
  readonly sshConfig?: string;
}

/** The flags of `copy`, which `plan` shares. */
export interface CopyFlags extends CommandFlags {
  readonly limit?: string;
  readonly needs?: string;
  readonly driver?: string;
  readonly format?: string;
  readonly toFormat?: string;
  readonly verify?: string;
  readonly checksum?: string;
  readonly overwrite?: string;
  readonly delta?: true;
  readonly priority?: string;
  readonly allowBacking?: true;
  readonly maxVirtualSize?: string;
  readonly group?: string;
  readonly quiet?: true;
  /** Of `copy` only. */
  readonly detach?: true;
  /** Of `copy` only. */
  readonly ready?: true;
}

/** The flags of `inspect`: what `copy` would be told of the image. */
export type InspectFlags = CommandFlags & Pick<CopyFlags, 'format' | 'allowBacking' | 'maxVirtualSize'>;

/** The flags of `gc`. */
export interface GcFlags extends CommandFlags {
  readonly olderThan?: string;
  readonly dryRun?: true;
}

/** The flags of `precache` that say where else the image is to be. */
export interface FleetFlags {
  readonly to?: string;
  readonly hostsFile?: string;
  readonly toCache?: string;
  readonly fromCached?: string;
  readonly linger?: string;
  readonly patience?: string;
  readonly admit?: string;
}

/** The flags of `precache`: those of a copy that make sense of one into the cache. */
export type PrecacheFlags = CommandFlags &
  FleetFlags &
  Pick<
    CopyFlags,
    'limit' | 'group' | 'driver' | 'format' | 'verify' | 'checksum' | 'priority' | 'allowBacking' | 'maxVirtualSize' | 'quiet'
  >;

/** The flags of `publish`: those of the fetch into the cache, and how it is given to others. */
export interface PublishFlags extends PrecacheFlags {
  readonly manifest?: string;
  readonly origin?: string;
  readonly linger?: string;
  readonly uploadLimit?: string;
  readonly stop?: true;
}

/** The flags of `cache gc`. */
export interface CacheGcFlags extends CommandFlags {
  readonly maxSize?: string;
  readonly dryRun?: true;
}
