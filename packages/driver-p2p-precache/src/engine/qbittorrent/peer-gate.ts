import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { LogLine, PeerLogLine } from './answers.ts';
import type { QbittorrentApi } from './api.ts';
import { peerFilter } from './peer-filter.ts';

export interface PeerGateOptions {
  readonly api: QbittorrentApi;
  /** Put a text into a file of this name where the engine runs. Answers its path. */
  readonly write: (name: string, text: string) => Promise<string>;
}

const pollMs = 20;
/** It takes a few milliseconds; it reads the file in a thread of its own. */
const takeMs = 5000;

/** Whom an engine that runs deals with. One that was just started deals with anybody. */
export class PeerGate {
  readonly #options: PeerGateOptions;
  #inForce = '';
  #written = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: PeerGateOptions) {
    this.#options = options;
  }

  /**
   * When it resolves, connections with others are closed, and no others are made, whoever calls whom.
   *
   * @param addresses numbers, not names; `undefined` for anybody
   * @throws ImageError BAD_OPTION for an address that is none, those of the API
   */
  admit(addresses: readonly string[] | undefined): Promise<void> {
    const filter = addresses === undefined ? '' : peerFilter([...new Set(addresses)]);
    this.#last = this.#last.catch(() => undefined).then(() => this.#put(filter));
    return this.#last;
  }

  /** The addresses of those who sent garbage, and are refused since. */
  async banned(): Promise<readonly string[]> {
    const lines = (await this.#options.api.json<readonly PeerLogLine[]>('log/peers', { last_known_id: -1 })) ?? [];
    return [...new Set(lines.filter(({ blocked }) => !blocked).map(({ ip }) => ip))];
  }

  async #put(filter: string): Promise<void> {
    if (filter === this.#inForce) return;
    const { api, write } = this.#options;
    if (filter === '') await this.#set({ ip_filter_enabled: false });
    else {
      // The file that it has read it does not read again.
      const path = await write(`foreign-${(this.#written += 1) % 2}.dat`, filter);
      const [last = -1] = (await this.#log(-1)).map(({ id }) => id).toReversed();
      await this.#set({ ip_filter_enabled: true, ip_filter_path: path });
      await this.#taken(api.name, last);
    }
    this.#inForce = filter;
  }

  async #set(preferences: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#options.api.post('app/setPreferences', { json: JSON.stringify(preferences) });
  }

  /** Nothing but its log tells when it has read the file. */
  async #taken(name: string, last: number): Promise<void> {
    for (const endsAtMs = performance.now() + takeMs; performance.now() < endsAtMs; await sleep(pollMs)) {
      const said = (await this.#log(last)).find(({ message }) => /IP filter/i.test(message))?.message;
      if (said !== undefined && !/fail/i.test(said)) return;
      if (said !== undefined) throw notTaken(name, said);
    }
    throw notTaken(name, 'it does not say why');
  }

  async #log(last: number): Promise<readonly LogLine[]> {
    return (await this.#options.api.json<readonly LogLine[]>('log/main', { last_known_id: last })) ?? [];
  }
}

function notTaken(name: string, why: string): ImageError {
  return new ImageError(`${name} does not take the list of those it is to deal with: ${why}; look whether its disk is full`, {
    code: 'TOOL_FAILED',
    origin: 'driver',
    driver: 'p2p-precache',
    retryable: true,
  });
}
