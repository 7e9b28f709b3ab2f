import type { Progress } from 'image-api';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds, formatSize, formatSpeed } from '../text/format-quantity.ts';

/** How far a copy is, as one line: `copy  42 %  4.2 GiB of 10 GiB  200 MiB/s  29.5s left`. */
export function progressText(progress: Progress): string {
  return parts(progress).join('  ');
}

/**
 * The same with a bar, for a line of a terminal.
 *
 * @param columns width of the terminal; the line stays within it
 */
export function progressBarText(progress: Progress, columns: number): string {
  const [phase = '', ...rest] = parts(progress);
  const width = Math.min(columns - usualText, 40);
  const percent = percentOf(progress);
  const line = width < 8 || percent === undefined ? progressText(progress) : [phase.padEnd(7), bar(percent, width), ...rest].join('  ');
  return line.slice(0, Math.max(0, columns - 1));
}

/** Columns that the words around a bar take as a rule. The bar's own width does not change, or it would jump. */
const usualText = 64;

/** Whole percent, rounded down: 100 is said only when nothing is left. Absent while the total is not known. */
export function percentOf({ bytesLogical, total }: Progress): number | undefined {
  if (total === undefined) return undefined;
  return total.bytes === 0 ? 100 : Math.min(100, Math.max(0, Math.floor((bytesLogical / total.bytes) * 100)));
}

function parts(progress: Progress): readonly string[] {
  const percent = percentOf(progress);
  return [
    escapeControls(progress.phase),
    ...(percent === undefined ? [] : [`${String(percent).padStart(3)} %`]),
    amount(progress),
    ...(progress.rate > 0 ? [formatSpeed(progress.rate)] : []),
    ...(!progress.secondsLeft ? [] : [`${formatSeconds(progress.secondsLeft)} left`]),
  ];
}

function amount({ bytesLogical, total }: Progress): string {
  if (total === undefined) return formatSize(bytesLogical);
  return `${formatSize(bytesLogical)} of ${total.certainty === 'exact' ? '' : 'about '}${formatSize(total.bytes)}`;
}

function bar(percent: number, width: number): string {
  const done = Math.floor((percent / 100) * width);
  return `[${'='.repeat(done)}${' '.repeat(width - done)}]`;
}
