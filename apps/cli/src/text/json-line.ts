import { unsafeCharacter } from './escape-controls.ts';

/** One value as one line of JSON, of printable characters only: a line can be shown on a terminal as it is. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value, plain).replace(unprintable, escape)}\n`;
}

// JSON itself escapes only what is below U+0020. The others can stand nowhere but within strings, so escaping them is always right.
const unprintable = new RegExp(unsafeCharacter, 'gu');

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? { name: value.name, message: value.message } : value;
}
