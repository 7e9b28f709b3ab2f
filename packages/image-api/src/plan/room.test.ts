import type { KnownEndpoint, Offer, TransferRequest } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import type { Look } from '../look/look.ts';
import { roomFor } from './room.ts';

const endpoint: KnownEndpoint = { scheme: 'file', path: '/a', params: {}, href: 'file:///a', facts: { kind: 'file', size: 1000 } };
const accepted = { accept: true, seconds: 1, reason: 'fine', commands: [] } as const;

function room(offers: Record<string, Offer>, free: number | undefined, left = 0): ReturnType<typeof roomFor> {
  const look: Look = { from: { endpoint }, to: { endpoint, ...(free !== undefined && { free }) } };
  const request = { to: { ...endpoint, facts: { kind: 'file', allocated: left } } } as unknown as TransferRequest;
  return roomFor(new Map(Object.entries(offers)), new Map(Object.keys(offers).map((id) => [id, request])), look);
}

describe('roomFor', () => {
  it('turns an offer that does not fit into a refusal and keeps the one that does', () => {
    const { offers, full } = room({ scp: { ...accepted, space: 1000 }, rsync: { ...accepted, space: 10 } }, 500);
    expect(offers.get('scp')).toMatchObject({ accept: false, reason: expect.stringContaining('needs') });
    expect(offers.get('rsync')).toMatchObject({ accept: true });
    expect(full).toMatchObject({ code: 'NO_SPACE', details: { needed: 1000, free: 500 } });
  });

  it('takes the size of the source where an offer does not say', () => {
    expect(room({ cp: accepted }, 999).full).toMatchObject({ code: 'NO_SPACE' });
    expect(room({ cp: accepted }, 1000).full).toBeUndefined();
  });

  it('counts what an interrupted try left as room that is taken already', () => {
    expect(room({ rsync: accepted }, 400, 600).full).toBeUndefined();
    expect(room({ rsync: accepted }, 400, 599).full).toMatchObject({ code: 'NO_SPACE' });
  });

  it('leaves refusals, and places nobody can look at, alone', () => {
    expect(room({ cp: { accept: false, reason: 'no' } }, 0).offers.get('cp')).toEqual({ accept: false, reason: 'no' });
    expect(room({ cp: accepted }, undefined).full).toBeUndefined();
  });
});
