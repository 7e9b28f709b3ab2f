import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { expect, it } from 'vitest';
import { modeOf, notForQemu } from './mode.ts';

const end = (scheme: string): KnownEndpoint => ({ scheme, path: '/x', params: {}, href: `${scheme}:///x`, facts: { kind: 'file' } });

function request(from: string, to: string, more: Partial<TransferRequest> = {}): TransferRequest {
  const [name, limits, driverOptions] = [end(to), {}, {}];
  return { id: '1', from: end(from), to: end(to), name, overwrite: 'never', limits, priority: 'normal', driverOptions, ...more };
}

it.each([
  ['file', 'qmp+unix', [], 'pull'],
  ['qmp+unix', 'file', [], 'copy-out'],
  ['http', 'file', ['readyEarly'], 'stream'],
  ['nbd', 'file', [], 'convert'],
] as const)('copies from %s to %s with the needs %j by %s', (from, to, needs, mode) => {
  expect(modeOf(request(from, to, { needs }))).toBe(mode);
});

it.each([
  ['file', 'file'],
  ['ssh', 'file'],
])('leaves bytes as they are from %s to %s to others, unless they are converted or needed early', (from, to) => {
  expect(notForQemu(request(from, to))).toContain('other drivers do it better');
  expect(notForQemu(request(from, to, { toFormat: 'qcow2' }))).toBeUndefined();
  expect(notForQemu(request(from, to, { needs: ['readyEarly'] }))).toBeUndefined();
});

it.each([
  ['http', 'file'],
  ['nbd', 'file'],
  ['file', 'nbd'],
])('copies bytes as they are from %s to %s', (from, to) => {
  expect(notForQemu(request(from, to))).toBeUndefined();
});

it('honours how to stream only where it streams', () => {
  const driverOptions = { stream: 'never' };
  expect(notForQemu(request('nbd', 'file', { driverOptions }))).toContain('--needs readyEarly');
  expect(notForQemu(request('nbd', 'file', { driverOptions, needs: ['readyEarly'] }))).toBeUndefined();
});
