import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Driver, Environment, Host, ImageFormat, Offer, TransferRequest } from '@image-api/driver';
import { expect } from 'vitest';
import { bytesArrived, bytesConverted, differenceFrom } from '../content/compare-content.ts';
import type { Content } from '../content/content.ts';
import { guestDifference } from '../reading/qemu-image.ts';
import type { Stage } from '../stage.ts';
import type { Rule } from './breach.ts';
import { entriesOf } from './folder-picture.ts';
import type { EndpointLook } from './endpoint-look.ts';
import { readOnlyHost } from './read-only-host.ts';
import { RunningTransfer } from './running-transfer.ts';
import type { Outcome, TransferOptions } from './running-transfer.ts';

/** What a copy is asked for beyond the ordinary. */
export type Wish = Partial<Pick<TransferRequest, 'held' | 'toFormat' | 'verify' | 'limits' | 'priority' | 'driverOptions'>>;

export interface StagedCopyInput {
  readonly driver: Driver;
  readonly env: Environment;
  readonly look: EndpointLook;
  readonly stage: Stage;
  readonly content: Content;
  /** There is no staging: the driver makes what it is to write. */
  readonly inPlace: boolean;
  /** The source's format as the core would know it. Default `raw`. */
  readonly format: ImageFormat;
  /** What every copy is asked to convert to. */
  readonly toFormat: ImageFormat | undefined;
  readonly tell: (rule: Rule, seen: string) => void;
}

/** One copy put up for a driver: an image at one end, the empty private file of the core at the other. */
export class StagedCopy {
  readonly stage: Stage;
  readonly content: Content;
  readonly #input: StagedCopyInput;
  readonly #hosts = new Map<Host, Host>();

  constructor(input: StagedCopyInput) {
    this.#input = input;
    this.stage = input.stage;
    this.content = input.content;
  }

  /** Make the staging file, as the core does before every first try. */
  async makeStagingFile(): Promise<void> {
    if (!this.#input.inPlace) await (await open(this.stage.files.to, 'wx', 0o600)).close();
  }

  /** What the core would ask by now. Looks at both ends. */
  async request(wish: Wish = {}): Promise<TransferRequest> {
    const { stage, look, format, toFormat } = this.#input;
    const from = await look.at(stage.from, stage.hosts.from, format);
    const to = await look.at(stage.to, stage.hosts.to);
    const plain = { limits: {}, priority: 'normal', overwrite: 'never', driverOptions: {} } as const;
    return { id: 'conformance-1', from, to, name: stage.name, ...plain, ...(toFormat && { toFormat }), ...wish };
  }

  /** Ask the driver; whatever of ours it could write with is watched. */
  offer(request: TransferRequest): Promise<Offer> {
    const { driver, env, stage } = this.#input;
    const { from, to } = stage.hosts;
    const context = {
      env: { ...env, local: this.#watched(env.local) },
      signal: new AbortController().signal,
      hosts: { ...(from && { from: this.#watched(from) }), ...(to && { to: this.#watched(to) }) },
    };
    return driver.offer(request, context);
  }

  transfer(request: TransferRequest, options: TransferOptions = {}): RunningTransfer {
    return new RunningTransfer({ ...this.#input, request, options, arrived: () => this.arrived });
  }

  /** Ask, as the core would, and begin. Fails when the driver refuses. */
  async begin(wish: Wish = {}, options: TransferOptions = {}): Promise<RunningTransfer> {
    const request = await this.request(wish);
    const offer = await this.offer(request);
    expect(offer.accept, offer.reason).toBe(true);
    return this.transfer(request, options);
  }

  /** Ask, copy, and insist that it goes well. */
  async copy(wish: Wish = {}, options: TransferOptions = {}): Promise<Outcome & { readonly transfer: RunningTransfer }> {
    const transfer = await this.begin(wish, options);
    const outcome = await transfer.outcome;
    expect(outcome.error, 'what it rejected with').toBeUndefined();
    return { ...outcome, transfer };
  }

  /** Bytes of the image that are at `to` by now, or where they come before; where the driver makes the destination, under whatever name. Only for images without holes. */
  get arrived(): number {
    const { to, before = [] } = this.stage.files;
    if (this.#input.toFormat) return bytesConverted(to);
    const there = this.#input.inPlace ? entriesOf(dirname(to)).map((name) => join(dirname(to), name)) : [to];
    const paths = [...there, ...before];
    return Math.max(0, ...paths.map((path) => bytesArrived(this.content, path)));
  }

  /** Insist that `to` is the image, byte by byte, or as a guest sees it where it was converted. */
  async expectSame(): Promise<void> {
    const { format, toFormat } = this.#input;
    const { from, to } = this.stage.files;
    if (toFormat)
      return expect(await guestDifference({ path: from, format }, { path: to, format: toFormat }), 'what arrived').toBeUndefined();
    expect(await differenceFrom(this.content, this.stage.files.to), 'what arrived').toBeUndefined();
  }

  /** The same of the same: a driver may compare hosts. */
  #watched(host: Host): Host {
    const { tell } = this.#input;
    const watched =
      this.#hosts.get(host) ??
      readOnlyHost(host, (method) => tell('what only reads does not write', `offer() used ${method} of ${host.id}`));
    this.#hosts.set(host, watched);
    return watched;
  }
}
