import { ImageError } from '@image-api/driver';
import { expect, it } from 'vitest';
import { cutOffLater, diskFailed, nothingCame } from './fleet-errors.ts';
import { common } from './swarm-members.ts';

it('says which pieces no host has when nothing comes', () => {
  const lack = {
    missing: [
      [0, 3],
      [7, 8],
    ] as const,
    total: 20,
    hasOrigin: false,
  };
  expect(nothingCame('web1', 60_000, lack)).toMatchObject({
    code: 'STALLED',
    message:
      'nothing came to web1 for 60 s; no host has 4 of its 20 pieces (0 to 2, 7), and this machine does not hand them out any more: start it again',
  });
});

it('says that hosts do not reach each other when others have all of it', () => {
  expect(nothingCame('web1', 60_000, { missing: [], total: 20, hasOrigin: true }).message).toContain('reach each other over TCP');
});

it('is tried again with an engine that has banned nobody yet when nothing comes to one that has', () => {
  const lack = { missing: [], total: 20, hasOrigin: true };
  expect(nothingCame('web1', 60_000, lack).retryable).toBe(false);
  expect(nothingCame('web1', 60_000, lack, ['10.0.0.1']).retryable).toBe(true);
});

it('tells a full disk from a broken one', () => {
  expect(diskFailed('web1', 'File error: No space left on device')).toMatchObject({ code: 'NO_SPACE' });
  expect(diskFailed('web1', 'Input/output error')).toMatchObject({ code: 'WRITE_FAILED' });
});

it('finds the pieces that are in all lists', () => {
  expect(
    common(
      [
        [
          [0, 4],
          [6, 9],
        ],
        [[2, 7]],
      ],
      10,
    ),
  ).toEqual([
    [2, 4],
    [6, 7],
  ]);
  expect(common([[[0, 10]], []], 10)).toEqual([]);
});

it('tries again what worked before, and leaves other errors alone', () => {
  const refused = new ImageError('web1 did not run a command for us', { code: 'AUTH_DENIED', origin: 'core' });
  expect(cutOffLater(refused, 'web1')).toMatchObject({ code: 'UNREACHABLE', retryable: true, cause: refused });
  const full = new ImageError('web1 is full', { code: 'NO_SPACE', origin: 'destination' });
  expect(cutOffLater(full, 'web1')).toBe(full);
});
