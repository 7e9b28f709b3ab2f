import CliTable from 'cli-table3';
import { escapeControls } from './escape-controls.ts';

/** Columns held apart by two spaces, without lines or colours: good to read, to paste and to grep. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const drawn = new CliTable({ chars, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true } });
  drawn.push(...rows.map((row) => row.map((cell) => escapeControls(cell))));
  return drawn
    .toString()
    .split('\n')
    .map((line) => `${indent}${line.trimEnd()}\n`)
    .join('');
}

const none = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
] as const;
const chars = { ...Object.fromEntries(none.map((name) => [name, ''])), middle: '  ' };
