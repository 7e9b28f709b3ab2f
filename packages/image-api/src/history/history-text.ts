import { keyOf } from './estimate.ts';
import type { Lesson } from './lesson.ts';

/** So many of each driver, and way, are remembered. */
const keptOfEach = 8;
const keptInAll = 96;
const version = 1;

/** Of all that is known of a route, what is worth remembering: the newest of each driver. Pure. */
export function withLesson(lessons: readonly Lesson[], lesson: Lesson): readonly Lesson[] {
  const all = [...lessons, lesson];
  const newest = all.filter((one, index) => all.slice(index + 1).filter((later) => keyOf(later) === keyOf(one)).length < keptOfEach);
  return newest.slice(-keptInAll);
}

/** The file of a route, as it is written. */
export function formatHistory(route: string, lessons: readonly Lesson[]): string {
  return `${JSON.stringify({ version, route, lessons })}\n`;
}

/** The same, read: nothing where it is of another version or route, or damaged; what is no lesson is left out. Never throws. */
export function parseHistory(text: string, route: string): readonly Lesson[] {
  try {
    const file = JSON.parse(text) as { readonly version?: unknown; readonly route?: unknown; readonly lessons?: unknown } | null;
    if (file?.version !== version || file.route !== route || !Array.isArray(file.lessons)) return [];
    return file.lessons.filter(isLesson);
  } catch {
    return [];
  }
}

function isLesson(value: unknown): value is Lesson {
  const lesson = value as Partial<Record<keyof Lesson, unknown>> | null;
  const numbers = [lesson?.bytes, lesson?.guess, lesson?.seconds];
  const way = lesson?.way;
  return typeof lesson?.driver === 'string' && (way === undefined || typeof way === 'string') && numbers.every(isPositive);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
