import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { JobInfo } from '../block-objects.ts';
import { parseMessage } from '../parse-message.ts';
import type { QmpMessage } from '../parse-message.ts';
import { judgeOutcome } from './judge-outcome.ts';
import type { LastEvent } from './judge-outcome.ts';

const noSpace = { result: 'failed', reason: 'No space left on device' };
const cannotCreate = { result: 'failed', reason: "Could not create '/does/not/exist': No such file or directory" };

it.each([
  ['a backup that completed', 'completed', { result: 'completed' }],
  ['a backup that failed', 'failed', noSpace],
  ['a backup that was cancelled', 'cancelled', { result: 'cancelled' }],
  ['a mirror that was ended at ready as a copy', 'ready-finished', { result: 'completed' }],
  ['a mirror that was cancelled at ready', 'ready-cancelled', { result: 'cancelled' }],
  ['an image that could not be made', 'create-failed', cannotCreate],
])('%s is told by its last event, and as well by what it says when asked', (_, name, outcome) => {
  const { lastEvent, info } = recorded(name);
  expect(lastEvent === undefined).toBe(name === 'create-failed');
  expect(judgeOutcome(lastEvent, info)).toEqual(outcome);
  expect(judgeOutcome(undefined, info)).toEqual(outcome);
  if (lastEvent) expect(judgeOutcome(lastEvent, undefined)).toEqual(outcome);
});

it('is not known when there is neither', () => {
  expect(judgeOutcome(undefined, undefined)).toBeUndefined();
});

/** What a monitor said of a job, up to its end. */
function recorded(name: string): { readonly lastEvent: LastEvent | undefined; readonly info: JobInfo } {
  const text = readFileSync(new URL(`./__fixtures__/${name}.jsonl`, import.meta.url), 'utf8');
  const messages = text.trim().split('\n').map(parseMessage);
  const lastEvent = messages.find(isLastEvent) as unknown as LastEvent | undefined;
  const last = messages.at(-1);
  const [info] = (last?.kind === 'answer' ? last.result : []) as unknown as readonly [JobInfo];
  return { lastEvent, info };
}

function isLastEvent(message: QmpMessage): boolean {
  return message.kind === 'event' && /^BLOCK_JOB_(COMPLETED|CANCELLED)$/.test(message.name);
}
