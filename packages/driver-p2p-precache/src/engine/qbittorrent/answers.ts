/** What is used of `torrents/info`. Rates in bytes per second. */
export interface TorrentInfo {
  readonly hash: string;
  readonly name: string;
  readonly state: string;
  readonly size: number;
  readonly downloaded: number;
  readonly uploaded: number;
  readonly dlspeed: number;
  readonly upspeed: number;
  /** Negative where it cannot tell. */
  readonly availability: number;
}

/** What is used of `torrents/properties`. */
export interface TorrentProperties {
  readonly total_wasted: number;
  readonly piece_size: number;
}

/** What is used of `sync/torrentPeers`, by address. */
export interface TorrentPeers {
  readonly peers?: Readonly<Record<string, TorrentPeer>>;
}

export interface TorrentPeer {
  readonly dl_speed: number;
  readonly up_speed: number;
  readonly downloaded: number;
  readonly uploaded: number;
  readonly progress: number;
}

/** A line of `log/main`. */
export interface LogLine {
  readonly id: number;
  readonly message: string;
}

/** A line of `log/peers`. */
export interface PeerLogLine {
  readonly ip: string;
  /** Whether the filter refused it; else it was banned. */
  readonly blocked: boolean;
}

/** Everything that is known of one torrent at a time. `pieceStates`: 2 for one that is here and was verified. */
export interface TorrentAnswers {
  readonly info: TorrentInfo;
  readonly properties: TorrentProperties | undefined;
  readonly pieceStates: readonly number[];
  readonly peers: TorrentPeers | undefined;
}
