import { pbkdf2Sync } from 'node:crypto';
import { isIP } from 'node:net';
import { ImageError } from '@image-api/driver';

/** What a qbittorrent-nox of ours is to know before it starts. */
export interface QbittorrentSettings {
  /** Where the peers reach it, and from where it reaches them. */
  readonly listening: {
    /** A number, not a name. Absent: every address, or those of the interface. */
    readonly address?: string | undefined;
    /** The only network interface it uses. Absent: whichever the system chooses. */
    readonly interface?: string | undefined;
    readonly port: number;
  };
  /** Its own HTTP API, on the loopback interface and nowhere else. */
  readonly api: ApiAccess & {
    /** Sixteen random bytes. */
    readonly salt: Uint8Array;
  };
  /** Where it would put what it is not told where to put: a path of its own. */
  readonly directory: string;
  /** A file with the addresses it is to refuse, as `peerFilter` writes it. Absent: none. */
  readonly peerFilter?: string | undefined;
}

/** How to speak to its API. */
export interface ApiAccess {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

type Value = string | number | boolean;

/**
 * The text of `qBittorrent.conf` for one that moves images and does nothing else: it finds no peers by itself, asks nobody on the way, and
 * runs nothing. It depends on what it is given and on nothing else, so that it can be sent to another host.
 *
 * @throws ImageError BAD_OPTION for an address or interface that is none
 */
export function qbittorrentSettings(settings: QbittorrentSettings): string {
  checkListening(settings.listening);
  return Object.entries({
    Application: { 'FileLogger\\Enabled': false },
    AutoRun: { enabled: false, 'OnTorrentAdded\\Enabled': false },
    BitTorrent: { ...session(settings), TrackerEnabled: false, MergeTrackersEnabled: false, ExcludedFileNamesEnabled: false },
    Core: { AutoDeleteAddedTorrentFile: 'Never' },
    LegalNotice: { Accepted: true },
    Network: { PortForwardingEnabled: false, 'Proxy\\OnlyForTorrents': false, 'Proxy\\Type': 'None' },
    Preferences: { ...webInterface(settings.api), ...rest },
    RSS: { 'AutoDownloader\\EnableProcessing': false, 'Session\\EnableProcessing': false },
  })
    .map(([group, values]) => section(group, values))
    .join('\n');
}

function session({ listening, directory, peerFilter }: QbittorrentSettings): Readonly<Record<string, Value>> {
  const values = { ...quiet, ...open, ...plain, ...paths(directory), ...bound(listening) };
  const filter = { IPFilteringEnabled: peerFilter !== undefined, ...(peerFilter !== undefined && { IPFilter: text(peerFilter) }) };
  return Object.fromEntries(Object.entries({ ...values, ...filter }).map(([key, value]) => [`Session\\${key}`, value]));
}

/** Peers are those it is told, and nobody hears of it. */
const quiet: Readonly<Record<string, Value>> = {
  DHTEnabled: false,
  LSDEnabled: false,
  PeXEnabled: false,
  BTProtocol: 'TCP',
  AnnounceToAllTrackers: false,
  AnnounceToAllTiers: false,
  AddTrackersEnabled: false,
  AddTrackersFromURLEnabled: false,
  ReannounceWhenAddressChanged: false,
  ProxyPeerConnections: false,
  'I2P\\Enabled': false,
  'SSL\\Enabled': false,
  AnonymousModeEnabled: false,
};

/** Whoever wants a piece gets it, and at once: choking is for peers that do not trust each other. Two connections to one address are one too many. */
const open: Readonly<Record<string, Value>> = {
  MaxConnections: 1000,
  MaxConnectionsPerTorrent: 1000,
  MaxUploads: -1,
  MaxUploadsPerTorrent: -1,
  ConnectionSpeed: 200,
  ChokingAlgorithm: 'FixedSlots',
  SeedChokingAlgorithm: 'FastestUpload',
  MultiConnectionsPerIp: false,
  PeerTurnover: 0,
  QueueingSystemEnabled: false,
  GlobalMaxRatio: -1,
  GlobalMaxSeedingMinutes: -1,
  GlobalMaxInactiveSeedingMinutes: -1,
  GlobalDLSpeedLimit: 0,
  GlobalUPSpeedLimit: 0,
  UseAlternativeGlobalSpeedLimit: false,
  BandwidthSchedulerEnabled: false,
  IgnoreLimitsOnLAN: false,
  IncludeOverheadInLimits: false,
  // Neither on nor asked for: what it calls encryption hides nothing from who knows the infohash, and costs time.
  Encryption: 2,
};

/** A file is where and as it is told: sparse, under its own name, from the first byte on. */
const plain: Readonly<Record<string, Value>> = {
  Preallocation: false,
  AddExtensionToIncompleteFiles: false,
  UseUnwantedFolder: false,
  TempPathEnabled: false,
  TorrentContentLayout: 'Original',
  TorrentStopCondition: 'None',
  AddTorrentPaused: false,
  AddTorrentStopped: false,
  DisableAutoTMMByDefault: true,
  TorrentContentRemoveOption: 'Delete',
  MaxActiveCheckingTorrents: 2,
  HashingThreadsCount: 2,
  SuggestMode: false,
  // Minutes: what a death of it costs is loaded again.
  SaveResumeDataInterval: 1,
  // Milliseconds between two looks at how far it is.
  RefreshInterval: 500,
  PerformanceWarning: false,
};

function paths(directory: string): Readonly<Record<string, Value>> {
  return { DefaultSavePath: text(`${directory}/downloads`), TempPath: text(`${directory}/downloads`) };
}

function bound({ address = '', port, ...listening }: QbittorrentSettings['listening']): Readonly<Record<string, Value>> {
  const name = listening.interface ?? '';
  return { Interface: name, InterfaceName: name, InterfaceAddress: address, Port: port, UseRandomPort: false };
}

function webInterface({ port, user, password, salt }: QbittorrentSettings['api']): Readonly<Record<string, Value>> {
  const values: Readonly<Record<string, Value>> = {
    Enabled: true,
    Address: '127.0.0.1',
    Port: port,
    Username: user,
    Password_PBKDF2: text(`@ByteArray(${passwordHash(password, salt)})`),
    LocalHostAuth: true,
    AuthSubnetWhitelistEnabled: false,
    // Nobody guesses 256 bits; but somebody else on this machine could have us locked out by trying.
    MaxAuthenticationFailCount: 0,
    SessionTimeout: 3600,
    CSRFProtection: true,
    ClickjackingProtection: true,
    HostHeaderValidation: true,
    ServerDomains: '127.0.0.1',
    UseUPnP: false,
    'HTTPS\\Enabled': false,
    AlternativeUIEnabled: false,
    ReverseProxySupportEnabled: false,
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`WebUI\\${key}`, value]));
}

/** As it keeps passwords. */
function passwordHash(password: string, salt: Uint8Array): string {
  const hash = pbkdf2Sync(password, salt, 100_000, 64, 'sha512');
  return `${Buffer.from(salt).toString('base64')}:${hash.toString('base64')}`;
}

const rest: Readonly<Record<string, Value>> = {
  'Advanced\\RecheckOnCompletion': false,
  'Advanced\\trackerPortForwarding': false,
  'Connection\\ResolvePeerCountries': false,
  'DynDNS\\Enabled': false,
  'General\\Locale': 'en',
  'MailNotification\\enabled': false,
  'Scheduler\\enabled': false,
  'Search\\SearchEnabled': false,
};

function section(group: string, values: Readonly<Record<string, Value>>): string {
  return `[${group}]\n${Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')}`;
}

/** A value in which any character may be. */
function text(value: string): string {
  return `"${value.replaceAll(/[\\"]/g, (character) => `\\${character}`)}"`;
}

function checkListening({ address, interface: name }: QbittorrentSettings['listening']): void {
  if (address !== undefined && isIP(address) === 0) throw badOption(`${JSON.stringify(address)} is no address`);
  if (name !== undefined && !/^[\w.@-]{1,15}$/.test(name)) throw badOption(`${JSON.stringify(name)} is no network interface`);
}

function badOption(what: string): ImageError {
  return new ImageError(`the swarm cannot listen there: ${what}; name an address such as 192.0.2.7, or an interface such as eth1`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
