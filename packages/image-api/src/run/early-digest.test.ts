import { createHash } from 'node:crypto';
import type { ContentDigest, Digest, Host } from '@image-api/driver';
import { expect, it } from 'vitest';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { Controls } from './controls.ts';
import { beginDigest } from './early-digest.ts';

const digestOfAll: Digest = `sha256:${createHash('sha256').digest('hex')}`;

/** A host that hashes until it is told to go on, or to stop. */
function host(): { readonly host: Host; finish(): void } {
  let finish: () => void = () => undefined;
  const digest = (_path: string, { signal }: { signal?: AbortSignal } = {}): Promise<Digest> =>
    new Promise((resolve, reject) => {
      finish = () => resolve(digestOfAll);
      signal?.addEventListener('abort', () => reject(new Error('no longer wanted')), { once: true });
    });
  return { host: { kind: 'local', digest } as unknown as Host, finish: () => finish() };
}

function planOf(local: Host): ReadyPlan {
  const end = { host: local, endpoint: { path: '/srv/disk.raw', facts: { kind: 'file' } } };
  return { look: { from: end, to: end }, bound: {} } as unknown as ReadyPlan;
}

function begin(controls: Controls, signal = new AbortController().signal) {
  const there = host();
  const early = beginDigest(planOf(there.host), { verify: 'sha256', priority: 'normal' }, { signal, heldBack: controls.heldBack });
  return { early: early!, finish: there.finish };
}

it('tells the digest of a source that was hashed beside its copy', async () => {
  const { early, finish } = begin(new Controls({}));
  finish();
  expect(await early.digest('sha256')).toBe(digestOfAll);
  await early.stop();
});

it('stops when the copy is given a limit, or paused, and leaves the digest for later', async () => {
  const limited = new Controls({});
  const one = begin(limited);
  limited.preset({ bandwidth: 1024 });
  expect(await one.early.digest('sha256')).toBeUndefined();
  await one.early.stop();

  const paused = new Controls({});
  const handled = (): Promise<void> => Promise.resolve();
  paused.on('pause', handled);
  paused.on('resume', handled);
  const other = begin(paused);
  await paused.pause('cp');
  expect(await other.early.digest('sha256')).toBeUndefined();
  await other.early.stop();
});

it('goes on when a limit is lifted', async () => {
  const controls = new Controls({});
  const { early, finish } = begin(controls);
  controls.preset({});
  finish();
  expect(await early.digest('sha256')).toBe(digestOfAll);
  await early.stop();
});

it('begins for a copy to another host, too, and not for one that comes from there', () => {
  const here = host().host;
  const far: Host = { ...here, kind: 'ssh' };
  const endpoint = { path: '/srv/disk.raw', facts: { kind: 'file' } };
  const look = { from: { host: here, endpoint }, to: { host: far, endpoint } };
  const { heldBack } = new Controls({});
  const how = { signal: new AbortController().signal, heldBack };
  const asked = { verify: 'sha256', priority: 'normal' } as const;
  const begins = (from: object): boolean =>
    beginDigest({ ...planOf(here), look: { ...look, from } } as unknown as ReadyPlan, asked, how) !== undefined;
  expect(begins(look.from)).toBe(true);
  expect(begins(look.to)).toBe(false);
});

it('hashes the content alone where that is to be compared with another host', async () => {
  const { host: here, finish } = host();
  const contentDigest = (): Promise<ContentDigest> => Promise.resolve('content:00');
  const [local, far] = [{ ...here, contentDigest } as Host, { ...here, kind: 'ssh' } as Host];
  const end = planOf(local).look.from;
  const how = { signal: new AbortController().signal, heldBack: new Controls({}).heldBack };
  const beginTo = (to: Host | undefined, verify: 'content' | 'sha256' = 'content') =>
    beginDigest(
      { ...planOf(local), look: { from: end, to: { ...end, host: to } } } as unknown as ReadyPlan,
      { verify, priority: 'normal' },
      how,
    );
  expect(await beginTo(far)?.digest('content')).toBe('content:00');
  expect(await beginTo(far)?.digest('sha256')).toBeUndefined();
  // Here two files are compared, and where nobody looks there is nothing but a sha256.
  expect(beginTo(local)).toBeUndefined();
  const opaque = beginTo(undefined, 'sha256');
  finish();
  expect(await opaque?.digest('sha256')).toBe(digestOfAll);
});

it('fails when the copy is cancelled', async () => {
  const cancel = new AbortController();
  const { early } = begin(new Controls({}), cancel.signal);
  cancel.abort();
  await expect(early.digest('sha256')).rejects.toThrow('no longer wanted');
  await early.stop();
});
