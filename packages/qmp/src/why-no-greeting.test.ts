import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { whyNoGreeting } from './why-no-greeting.ts';

const recorded = readFileSync(new URL('./__fixtures__/proc-net-unix.txt', import.meta.url), 'utf8');
const lines = recorded.split('\n');
const without = (state: string): string => lines.filter((line) => !line.includes(` 0001 ${state} `)).join('\n');

it.each([
  ['that serves another is busy', recorded, 'busy'],
  ['that accepts nobody hangs', without('03'), 'timeout'],
  ['that accepted us hangs', without('02'), 'timeout'],
  ['of which nothing is known is most likely busy', '', 'busy'],
])('a monitor %s', (_, sockets, kind) => {
  expect(whyNoGreeting('/run/vm.qmp', sockets, 1000)).toMatchObject({ kind, message: expect.stringContaining('within 1 s') as string });
});
