import { ImageError } from '@image-api/driver';
import type { Availability, Driver, Environment } from '@image-api/driver';
import { expect, it } from 'vitest';
import { ProbeCache } from './probe-cache.ts';

const env = {} as Environment;

/** A driver that answers one after the other. */
function answering(...answers: readonly (Availability | Error)[]): Driver {
  const left = [...answers];
  const probe = async (): Promise<Availability> => {
    const answer = left.shift() ?? new Error('asked too often');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { id: 'some', probe } as unknown as Driver;
}

const scarce = new ImageError('too many processes', { code: 'RESOURCES', origin: 'core' });

it('asks once, whatever the driver said of itself', async () => {
  const cache = new ProbeCache();
  const driver = answering(new Error('no rsync'), { available: true, detail: 'here' });
  for (let asked = 0; asked < 2; asked++)
    expect(await cache.probe(driver, env)).toEqual({ available: false, reason: 'its probe failed: no rsync' });
});

it('asks again where the machine was short of something, and hands on what', async () => {
  const cache = new ProbeCache();
  const driver = answering(scarce, { available: true, detail: 'here' });
  expect(await cache.probe(driver, env)).toEqual({
    available: false,
    reason: 'its probe failed: too many processes',
    fault: scarce,
  });
  expect(await cache.probe(driver, env)).toEqual({ available: true, detail: 'here' });
});
