import * as http from 'node:http';
import { denied, refused } from './api-errors.ts';
import { httpCall } from './http-call.ts';
import type { ApiPlace, HttpAnswer } from './http-call.ts';
import type { ApiAccess } from './settings.ts';

export interface ApiOptions extends Pick<ApiAccess, 'user' | 'password'> {
  readonly place: ApiPlace;
  /** For messages: `the swarm engine on backup`. */
  readonly name: string;
  /** How long a call may take, in milliseconds. Default 15000. */
  readonly deadlineMs?: number;
  /** Makes the connections. Default: one of its own, which is closed by `close`. */
  readonly agent?: http.Agent;
}

type Fields = Readonly<Record<string, string | number | boolean>>;

/**
 * The HTTP API of a qBittorrent, 4.4 or later: calls by their names, such as `torrents/info`. It logs in by itself, also when it was forgotten.
 *
 * Every call is over within its deadline and throws an `ImageError`: UNREACHABLE, AUTH_DENIED, TOOL_FAILED.
 */
export class QbittorrentApi {
  readonly #options: ApiOptions;
  readonly #agent: http.Agent;
  #session: Promise<string> | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#agent = options.agent ?? new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  /** For messages. */
  get name(): string {
    return this.#options.name;
  }

  /** Ask for text. */
  async text(call: string, fields: Fields = {}): Promise<string> {
    return (await this.#call(call, 'GET', { query: fields })).text;
  }

  /** Ask for what is told in JSON; `undefined` where there is no such thing. */
  async json<T>(call: string, fields: Fields = {}): Promise<T | undefined> {
    const { status, text } = await this.#call(call, 'GET', { query: fields });
    if (status === 404) return undefined;
    try {
      return JSON.parse(text) as T;
    } catch {
      throw refused(this.name, call, status, text);
    }
  }

  /** Have something done. Answers its words. */
  async post(call: string, fields: Fields | FormData = {}): Promise<string> {
    const form = fields instanceof FormData ? fields : new URLSearchParams(textOf(fields));
    return (await this.#call(call, 'POST', { form })).text;
  }

  /** Close what connections there are. */
  close(): void {
    if (!this.#options.agent) this.#agent.destroy();
  }

  async #call(call: string, method: 'GET' | 'POST', { query = {}, form }: CallInput): Promise<HttpAnswer> {
    const asked = new URLSearchParams(textOf(query)).toString();
    const path = `/api/v2/${call}${asked && `?${asked}`}`;
    const content = form && (await encoded(form));
    for (let again = false; ; again = true) {
      const session = await (this.#session ??= this.#logIn());
      const answer = await this.#send(method, path, { ...content, headers: { ...content?.headers, cookie: session } });
      if (isOk(answer.status) || (answer.status === 404 && method === 'GET')) return answer;
      // It forgets us after a while, and when it was started anew.
      if (again || (answer.status !== 403 && answer.status !== 401)) throw refused(this.name, call, answer.status, answer.text);
      this.#session = undefined;
    }
  }

  async #logIn(): Promise<string> {
    try {
      const { user: username, password } = this.#options;
      const answer = await this.#send('POST', '/api/v2/auth/login', await encoded(new URLSearchParams({ username, password })));
      if (answer.status === 401 || answer.text.trim() === 'Fails.') throw denied(this.name);
      const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
      if (!isOk(answer.status) || cookie === undefined) throw refused(this.name, 'auth/login', answer.status, answer.text);
      return cookie;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }

  #send(method: 'GET' | 'POST', path: string, { headers, body }: Partial<Content>): Promise<HttpAnswer> {
    const { place, name, deadlineMs = 15_000 } = this.#options;
    // By this name it knows itself, wherever the connection was forwarded from.
    return httpCall({ place, agent: this.#agent, name, path, method, headers: { ...headers, host: '127.0.0.1' }, body, deadlineMs });
  }
}

interface CallInput {
  readonly query?: Fields;
  readonly form?: FormData | URLSearchParams;
}

interface Content {
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

async function encoded(form: FormData | URLSearchParams): Promise<Content> {
  const response = new Response(form);
  const body = Buffer.from(await response.arrayBuffer());
  return { headers: { 'content-type': response.headers.get('content-type') ?? '', 'content-length': body.length }, body };
}

function textOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}
