import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import type { Place } from './next-place.ts';
import { placeName } from './next-place.ts';
import { publicLookup } from './public-lookup.ts';
import type { Resolve } from './public-lookup.ts';
import { readInGulps } from './read-in-gulps.ts';
import { trustedCertificates } from './trusted-certificates.ts';
import { refusedRedirect } from './web-error.ts';

const agentOptions = { keepAlive: true, maxSockets: 16, maxFreeSockets: 16, scheduling: 'lifo' } as const;

/** The connections of one reader: some to each server, which stay open between requests. */
export class WebConnections {
  /** Those to typed addresses and those to others never mix: the others are checked when the connection is made. */
  readonly #agents = new Map<string, http.Agent>();
  readonly #name: string;
  readonly #resolve: Resolve | undefined;

  /** @param name what redirects, for messages */
  constructor(name: string, resolve?: Resolve) {
    this.#name = name;
    this.#resolve = resolve;
  }

  /** A request that is not sent yet. */
  async request(place: Place, headers: http.OutgoingHttpHeaders): Promise<http.ClientRequest> {
    const proxy = getProxyForUrl(place.url.href);
    if (proxy === '') return this.#direct(place, headers);
    return place.url.protocol === 'https:' ? this.#tunnelled(place, headers, proxy) : this.#proxied(place, headers, new URL(proxy));
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #direct({ url, typed }: Place, headers: http.OutgoingHttpHeaders): http.ClientRequest {
    const kind = url.protocol === 'https:' ? https : http;
    const reading = kind === http ? { onread: readInGulps } : {};
    const agent = this.#agent(`${url.protocol} ${typed}`, () => new kind.Agent({ ...agentOptions, ...reading }));
    const guard = typed ? {} : { lookup: publicLookup(this.#name, this.#resolve) };
    return kind.request(url, { agent, headers, ...guard, ...secure(url) });
  }

  /** The proxy looks names up by itself. To a place that nobody typed it is sent by the very address that was looked at here. */
  async #tunnelled({ url, typed }: Place, headers: http.OutgoingHttpHeaders, proxy: string): Promise<http.ClientRequest> {
    const agent = this.#agent(`${proxy} ${typed}`, () => new HttpsProxyAgent(proxy, agentOptions));
    if (typed) return https.request(url, { agent, headers, ...secure(url) });
    const servername = isIP(hostOf(url)) === 0 ? { servername: url.hostname } : {};
    const host = await this.#publicAddress(url);
    return https.request(url, { agent, host, ...servername, headers: { ...headers, host: url.host }, ...secure(url) });
  }

  #proxied({ url, typed }: Place, headers: http.OutgoingHttpHeaders, proxy: URL): http.ClientRequest {
    if (!typed) throw refusedRedirect(this.#name, placeName(url), 'where only a proxy would know which address that is');
    const kind = proxy.protocol === 'https:' ? https : http;
    const agent = this.#agent(proxy.href, () => new kind.Agent(agentOptions));
    const login = Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64');
    const who = proxy.username === '' ? {} : { 'proxy-authorization': `Basic ${login}` };
    const { hostname, port, protocol } = proxy;
    const way = { protocol, hostname: hostname.replaceAll(/[[\]]/g, ''), port, path: url.href };
    return kind.request({ ...way, agent, headers: { ...headers, ...who, host: url.host }, ...secure(proxy) });
  }

  #publicAddress(url: URL): Promise<string> {
    const check = publicLookup(this.#name, this.#resolve);
    return new Promise((resolve, reject) => {
      check(hostOf(url), { all: false }, (error, address) => {
        if (typeof address === 'string' && !error) resolve(address);
        else reject(error ?? new Error('no address'));
      });
    });
  }

  #agent(key: string, make: () => http.Agent): http.Agent {
    const agent = this.#agents.get(key) ?? make();
    this.#agents.set(key, agent);
    return agent;
  }
}

function hostOf(url: URL): string {
  return url.hostname.replaceAll(/[[\]]/g, '');
}

/**
 * No variable of the environment turns the check of certificates off, and it is for whom the address names: through a tunnel, Node would
 * take a server that is named by a number for this machine.
 */
function secure(url: URL): https.RequestOptions {
  if (url.protocol !== 'https:') return {};
  const ca = trustedCertificates();
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(hostOf(url), certificate),
    ...(ca === undefined ? {} : { ca }),
  };
}
