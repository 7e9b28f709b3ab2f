import { createHosts } from '@image-api/host';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { pictureBeside } from '../harness/folder-picture.ts';
import type { Harness } from '../harness/harness.ts';
import { readOnlyHost } from '../harness/read-only-host.ts';

export const probeTests: readonly ConformanceTest[] = [
  {
    group: 'probe',
    name: 'is available here, and answers the same when it is asked again',
    applies: always,
    run: async ({ driver, env }) => {
      const answer = await driver.probe(env);
      expect(answer).toMatchObject({ available: true, detail: expect.any(String) as string });
      expect(await driver.probe(env)).toEqual(answer);
    },
  },
  {
    group: 'probe',
    name: 'changes nothing while it looks',
    applies: always,
    run: async (harness) => {
      const [here, wrote] = [pictureOfHere(), [] as string[]];
      await harness.driver.probe({ ...harness.env, local: readOnlyHost(harness.env.local, (method) => wrote.push(method)) });
      expect(wrote, 'writing methods of the host it used').toEqual([]);
      expect(pictureOfHere(), 'the working directory').toEqual(here);
    },
  },
  {
    group: 'probe',
    name: 'answers, with a reason if it is no, where no tool is installed',
    applies: always,
    run: async (harness) => {
      const answer = await harness.driver.probe(withoutTools(harness));
      if (!answer.available) expect(answer.reason.trim()).not.toBe('');
    },
  },
];

function pictureOfHere(): ReadonlyMap<string, string> {
  return pictureBeside(`${process.cwd()}/anything`);
}

/** This machine, had nobody ever installed anything. */
function withoutTools({ env }: Harness): Harness['env'] {
  const { local } = createHosts({ environment: { ...process.env, PATH: '/nonexistent' } });
  return { ...env, local };
}
