import type { FleetTask } from '@image-api/driver-p2p-precache';
import { expect, it } from 'vitest';
import { steerableFleet } from './steerable-fleet.ts';

const host = { state: 'downloading', size: 100 } as const;
const fleet = (setLimits: FleetTask['setLimits']): FleetTask =>
  ({
    progress: {
      hosts: [
        { ...host, host: 'web1', verified: 40, rate: 3 },
        { ...host, host: 'web2', verified: 10, rate: 4 },
      ],
      originSent: 70,
      originRate: 5,
    },
    limits: { bandwidth: 10 },
    isPaused: true,
    setLimits,
  }) as Partial<FleetTask> as FleetTask;

it('shows a fleet as one task, of all its hosts together', () => {
  const task = steerableFleet(
    fleet(async (limits) => limits),
    '/srv/golden.raw',
    ['web1', 'web2'],
  );
  expect(task).toMatchObject({
    request: { from: '/srv/golden.raw', to: 'web1,web2' },
    state: 'paused',
    limits: { bandwidth: 10 },
    progress: { bytesLogical: 50, bytesSent: 70, rate: 7, total: { bytes: 200, certainty: 'exact' } },
  });
});

it('takes a rate, or none, and nothing that is about one machine', async () => {
  const task = steerableFleet(
    fleet(async (limits) => limits),
    '/srv/golden.raw',
    ['web1'],
  );
  expect(await task.setLimits({ bandwidth: 20 })).toEqual({ bandwidth: 20 });
  expect(await task.setLimits({})).toEqual({});
  await expect(task.setLimits({ auto: true })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await expect(task.setLimits({ bandwidth: 20, group: 'night' })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
