import { expect, it } from 'vitest';
import { SpeedTrim } from './speed-trim.ts';

const mebibyte = 2 ** 20;
const piece = mebibyte / 2;

/** Rates second by second, of what QEMU would do over a link: the time of a piece on its way is not part of what it counts. */
function play(trim: SpeedTrim, asked: number, link: number, seconds: number): number[] {
  let [told, offset, nowMs] = [asked, 0, 0];
  const came: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const [before, startedMs] = [offset, nowMs];
    // Two pieces at a time: the first is on its way while nothing is counted.
    for (
      const endMs = nowMs + 1000;
      nowMs < endMs;
      nowMs += Math.max((piece / link + (2 * piece) / told) * 1000, ((2 * piece) / link) * 1000)
    )
      offset += 2 * piece;
    came.push(((offset - before) / (nowMs - startedMs)) * 1000);
    told = trim.look(asked, offset, nowMs) ?? told;
  }
  return came;
}

const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;

it('makes up for the time in which pieces are on their way', () => {
  const came = play(new SpeedTrim(), 8 * mebibyte, 11.4 * mebibyte, 40);
  expect(mean(came.slice(0, 2))).toBeLessThan(0.85 * 8 * mebibyte);
  expect(mean(came.slice(-20)) / (8 * mebibyte)).toBeGreaterThan(0.95);
  expect(mean(came.slice(-20)) / (8 * mebibyte)).toBeLessThan(1.03);
});

it('tells nothing new where all comes that was asked for', () => {
  const trim = new SpeedTrim();
  for (let second = 0; second < 10; second++) expect(trim.look(10 * mebibyte, second * 10 * mebibyte, second * 1000)).toBeUndefined();
});

it('goes down at once when more comes', () => {
  const trim = new SpeedTrim();
  let offset = 0;
  for (const [second, came] of [0, 7, 8, 9].entries()) trim.look(10 * mebibyte, (offset += came * mebibyte), second * 1000);
  const lowered = (trim.look(10 * mebibyte, offset + 50 * mebibyte, 4000) ?? 0) / mebibyte;
  expect(lowered).toBeLessThanOrEqual(10);
  expect(lowered).toBeGreaterThanOrEqual(9);
});

it('lets chance add up to nothing', () => {
  const trim = new SpeedTrim();
  const asked = 40 * mebibyte;
  let [told, offset, slices] = [asked, 0, 0];
  // A tenth of a second's worth at a time, of which a look sees one more or less; late ones are in the next window.
  for (let look = 1; look <= 600; look++) {
    const seen = look * 5 + (look % 3) - 1;
    offset += ((seen - slices) * told) / 10;
    slices = seen;
    told = trim.look(asked, offset, look * 500) ?? told;
  }
  expect(offset / (300 * asked)).toBeGreaterThan(0.99);
  expect(offset / (300 * asked)).toBeLessThan(1.01);
});

it('does not rise against a source that is slower than the limit', () => {
  const trim = new SpeedTrim();
  const told: number[] = [];
  for (let second = 0; second < 60; second++)
    told.push((trim.look(10 * mebibyte, second * 3 * mebibyte, second * 1000) ?? (told.at(-1) ?? 10) * mebibyte) / mebibyte);
  expect(Math.max(...told)).toBeLessThan(17);
  expect(told.filter((one) => one === 10).length, 'most of the time it is what was asked').toBeGreaterThan(35);
});
