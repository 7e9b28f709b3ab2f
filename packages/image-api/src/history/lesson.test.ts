import { expect, it } from 'vitest';
import { lessonOf } from './lesson.ts';
import type { PastCopy } from './lesson.ts';

const lesson = { driver: 'ssh', way: 'zstd', bytes: 300e6, guess: 4, seconds: 30 };
const copy: PastCopy = { ...lesson, attempts: 1, kept: 0, steered: false, alone: true, asOffered: true, hashed: false };

it('learns what a copy took, and nothing more of it', () => {
  expect(lessonOf(copy)).toEqual(lesson);
  const { way: _, ...plain } = copy;
  expect(lessonOf(plain)).not.toHaveProperty('way');
});

it.each<[string, Partial<PastCopy>]>([
  ['took several tries', { attempts: 2 }],
  ['went on from an earlier one', { kept: 1 }],
  ['was paused or limited', { steered: true }],
  ['shared the machine with others', { alone: false }],
  ['went otherwise than it was offered', { asOffered: false }],
  ['was hashed on its way', { hashed: true }],
  ['moved next to nothing', { bytes: 2 ** 23 - 1 }],
  ['was expected to be over at once', { guess: 0.5 }],
  ['took no time', { seconds: 0 }],
])('learns nothing of a copy that %s', (_, different) => {
  expect(lessonOf({ ...copy, ...different })).toBeUndefined();
});
