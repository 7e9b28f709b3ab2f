/** How an endpoint is reached. The core and the drivers know these; third parties may add their own words. */
export type Scheme = 'file' | 'ssh' | 'rsync' | 'http' | 'https' | 'nbd' | 'nbd+unix' | 'qmp+unix' | 'p2p' | (string & {});

/** Where on the network an endpoint lives. */
export interface Authority {
  /** A host name, an alias of the user's ssh configuration, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** 1 to 65535. Absent: the scheme's own default, or what the user's ssh configuration says. */
  readonly port?: number;
  readonly user?: string;
}

/**
 * One side of a copy, parsed. Immutable.
 *
 * `parseUri(endpoint.href)` gives an equal endpoint back. `href` never holds a password.
 */
export interface Endpoint {
  readonly scheme: Scheme;
  readonly authority?: Authority;
  /**
   * The decoded path. `file`: always absolute. `ssh`: absolute, or relative to the login directory when it does not
   * start with `/`; drivers only ever see absolute ones. Other schemes: as the scheme says, with its leading `/`. Only
   * `http` and `https` keep theirs as it is written, because an escaped slash is not a slash to a web server.
   */
  readonly path: string;
  /** Query parameters such as `socket` or `device`, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The canonical text of this endpoint, safe to show and to log. */
  readonly href: string;
}

/** One direction a driver can move bytes in, told by URI schemes. */
export interface Route {
  /** The scheme of `from`; `'*'` for any. */
  readonly from: Scheme | '*';
  /** The scheme of `to`. */
  readonly to: Scheme;
  /**
   * The driver writes to the real destination: there is no staging name and no rename, so the copy is not atomic and the plan
   * says so. Block devices are in place by nature and need no mark.
   */
  readonly inPlace?: true;
}

/** The image formats this project can name. */
export type ImageFormat = 'raw' | 'qcow2' | 'vmdk' | 'vhd' | 'vhdx' | 'vdi' | 'qed' | 'iso' | 'gpt' | 'luks';

/** What `look` learned of an endpoint before any driver was asked. */
export interface Facts {
  /** `opaque`: nobody but a driver can look there (a web server, an rsync daemon). */
  readonly kind: 'file' | 'block' | 'absent' | 'opaque';
  /** Bytes a reader would see, holes included. */
  readonly size?: number;
  /** Bytes that take room on disk; less than `size` for a sparse file. */
  readonly allocated?: number;
  readonly format?: ImageFormat;
  /**
   * What tells its content from another one at the same address, in the words of its server: for what is no file of a host. A driver that finds
   * another one when it comes to read ends with `SOURCE_CHANGED`.
   */
  readonly identity?: string;
  /** Type of the filesystem it lives on, in the kernel's words: `ext4`, `xfs`, `btrfs`, `tmpfs`. */
  readonly filesystem?: string;
  /** Number of that filesystem, to tell whether two files of one host share it. */
  readonly device?: number;
}

/** An endpoint with what is known of it. */
export type KnownEndpoint = Endpoint & { readonly facts: Facts };

/** A content digest, in lower-case hexadecimal: `sha256:9f86d0…`. */
export type Digest = `sha256:${string}`;

/** A digest of what is not zero, to be compared with another such and nothing else: see `Host.contentDigest`. */
export type ContentDigest = `content:${string}`;
