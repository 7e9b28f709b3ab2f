import { lengthOf, memoryMs, partInWords, partOf, rateOf, recent, stretchBetween } from './pressure-stretches.ts';
import type { Stretch } from './pressure-stretches.ts';

/** One look at the pressure. */
export interface PressureSample {
  readonly atMs: number;
  /** The kernel's running total of waiting, in milliseconds. */
  readonly waitedMs: number;
  /** Bytes that the copy moved since the sample before. */
  readonly moved: number;
}

/** Between which rates the copy may go, in bytes per second. */
export interface PressureBounds {
  readonly floor: number;
  /** `Infinity` for none. */
  readonly ceiling: number;
}

/** What a copy may use at the moment, and why. */
export interface PressureControl {
  /** Bytes per second, `Infinity` for no limit. */
  readonly bandwidth: number;
  readonly reason: string;
  readonly changedAtMs: number;
  /** What it goes back to when it stands still only to listen, and what it really used before, in bytes per second. */
  readonly listening?: { readonly back: number; readonly used: number };
  /** What was heard last: when, and whether others had to wait. */
  readonly heard: { readonly atMs: number; readonly isCalm: boolean };
  /** When it listened because of a jump, and for nothing. */
  readonly alarmedAtMs: number;
  /** Newest first. */
  readonly stretches: readonly Stretch[];
  readonly last: PressureSample;
}

/** Between two changes, at least. */
const betweenChangesMs = 240;
/** That nobody is disturbed is believed for so long; that somebody is, for less: then there is little to lose by listening. */
const trustMs = { calm: 1750, disturbed: 500 };
/** Others that wait for less than this part of the time are not disturbed. */
const calm = 0.05;
/** Others that wait for more than this part need all there is. */
const pressed = 0.2;
/** Waiting that grows by this part all at once is a reason to listen at once. */
const jump = 0.25;
/** After a false alarm there is none for so long: some disks are moody. */
const afterAlarmMs = 10_000;
/** So long it is listened before anybody is said to be disturbed: a single flush may take a fifth of a second. */
const judgingMs = 360;
/** So long what is under way is waited for before listening begins all the same. */
const drainMs = 1500;
/** At this rate a copy is hardly heard itself, in bytes per second. */
const whisper = 2 ** 20;
/** Nothing is as fast: from here on there is no limit. */
const fastest = 2 ** 33;

/**
 * Where a copy begins that was preceded by a moment of listening.
 *
 * @param before a sample from a moment earlier, when nothing of the copy moved yet
 */
export function beginControl(before: PressureSample, now: PressureSample, { floor }: PressureBounds): PressureControl {
  const heardBefore = [stretchBetween(before, now)];
  const heard = { atMs: now.atMs, isCalm: partOf(heardBefore) < calm };
  const reason = heard.isCalm ? stillWords : busyWords(heardBefore);
  return { bandwidth: floor, reason, changedAtMs: now.atMs, heard, alarmedAtMs: -Infinity, stretches: [], last: now };
}

/**
 * What follows from the next sample.
 *
 * The kernel counts our own waiting, too, and a copy that is as fast as the disk waits all the time. So when nobody waits all is well, and
 * the copy goes faster; but when somebody does, the copy stands still for a quarter of a second every two seconds, or when the waiting
 * grows at once, and listens: who waits then is another. It gives way in proportion, down to the floor.
 */
export function advanceControl(before: PressureControl, sample: PressureSample, bounds: PressureBounds): PressureControl {
  const stretches = recent([stretchBetween(before.last, sample), ...before.stretches]);
  const control = { ...before, stretches, last: sample };
  if (sample.atMs - control.changedAtMs < betweenChangesMs) return control;
  return control.listening ? listen(control, control.listening, bounds) : go(control, bounds);
}

function go(control: PressureControl, bounds: PressureBounds): PressureControl {
  const { heard, last } = control;
  const window = since(control, heard.isCalm ? betweenChangesMs : judgingMs);
  const isCalmNow = isEnough(window, heard.isCalm) && partOf(window) < calm;
  if (isCalmNow) return faster(hearing(control, true), window, bounds);
  if (isAlarming(control)) return still({ ...control, alarmedAtMs: last.atMs }, bounds);
  if (last.atMs - heard.atMs < (heard.isCalm ? trustMs.calm : trustMs.disturbed))
    return heard.isCalm ? faster(control, [], bounds) : control;
  return still(control, bounds);
}

function isAlarming(control: PressureControl): boolean {
  const all = since(control, memoryMs);
  const newest = since(control, betweenChangesMs);
  const before = all.slice(newest.length);
  if (!control.heard.isCalm || control.last.atMs - control.alarmedAtMs < afterAlarmMs || !isEnough(before, false)) return false;
  return partOf(newest) - partOf(before) > jump;
}

function still(control: PressureControl, { floor }: PressureBounds): PressureControl {
  const listening = { back: control.bandwidth, used: rateOf(control.stretches) };
  return changed({ ...control, listening }, Math.min(floor, whisper), 'stands still for a moment to see whether others wait for the disk');
}

/** @param window in which hardly anybody waited, if so: not even this copy */
function faster(control: PressureControl, window: readonly Stretch[], { ceiling }: PressureBounds): PressureControl {
  const doubled = control.bandwidth * 2 > fastest ? Infinity : control.bandwidth * 2;
  const bandwidth = Math.min(ceiling, doubled);
  if (bandwidth <= control.bandwidth) return control;
  return changed(control, bandwidth, window.length > 0 ? calmWords(window) : stillWords);
}

function listen(control: PressureControl, { back, used }: { back: number; used: number }, bounds: PressureBounds): PressureControl {
  const { listening: _, ...going } = control;
  const quiet = stillStretches(control, used);
  const waited = partOf(quiet);
  if (!isEnough(quiet, control.heard.isCalm && waited < calm)) return control;
  if (waited < calm) return changed(hearing(going, true), back, stillWords);
  const part = 1 - Math.min(1, (waited - calm) / (pressed - calm));
  const less = Math.floor(Math.max(bounds.floor, Math.min(back, used) * part));
  return changed({ ...hearing(going, false), alarmedAtMs: -Infinity }, Math.min(less, back), busyWords(quiet));
}

/** A moment is enough to find that all is as calm as before; anything else takes longer to be sure of. */
function isEnough(stretches: readonly Stretch[], isNothingNew: boolean): boolean {
  return lengthOf(stretches) >= (isNothingNew ? 1 : judgingMs);
}

function hearing(control: PressureControl, isCalm: boolean): PressureControl {
  return { ...control, heard: { atMs: control.last.atMs, isCalm } };
}

/** What is under way when the copy is held has to arrive first: then little moves. */
function stillStretches(control: PressureControl, used: number): readonly Stretch[] {
  const [newest, ...earlier] = since(control, memoryMs);
  if (!newest) return [];
  if (control.last.atMs - control.changedAtMs > drainMs) return [newest, ...earlier];
  const enough = ({ moved, ms }: Stretch): boolean => moved <= (Math.max(used / 4, 2 * whisper) * ms) / 1000;
  const firstLoud = [newest, ...earlier].findIndex((stretch) => !enough(stretch));
  return firstLoud < 0 ? [newest, ...earlier] : [newest, ...earlier].slice(0, firstLoud);
}

/** The newest stretches, as many as `ms` takes, that lie after the last change with room for it to take effect. */
function since({ stretches, last, changedAtMs }: PressureControl, ms: number): readonly Stretch[] {
  const settledMs = 60;
  let endsMs = last.atMs;
  return stretches.filter((stretch) => {
    const [from, isWithin] = [endsMs - stretch.ms, last.atMs - endsMs < ms];
    endsMs = from;
    return isWithin && from >= changedAtMs + settledMs;
  });
}

function changed(control: PressureControl, bandwidth: number, reason: string): PressureControl {
  return { ...control, bandwidth, reason, changedAtMs: control.last.atMs };
}

const stillWords = 'nobody else waited for the disk while it stood still';

function busyWords(stretches: readonly Stretch[]): string {
  return `others waited for the disk ${partInWords(stretches)}`;
}

function calmWords(stretches: readonly Stretch[]): string {
  return `hardly anybody waited for the disk: ${partInWords(stretches)}`;
}
