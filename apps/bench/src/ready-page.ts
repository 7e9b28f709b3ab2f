import type { ReadyRun } from './bench-ready.ts';
import type { Outcome } from './outcome.ts';
import { median } from './race.ts';

/** What was measured over which link. */
export interface ReadyPlace {
  readonly rate: string;
  /** Data in each image, in MiB. */
  readonly dataMiB: number;
}

const headings = ['looks', 'can be used', 'first MiB is right', 'complete', '`qemu-img convert`', 'sooner than complete'] as const;

/** A table for the terminal, and a page. */
export function readyPage(runs: readonly ReadyRun[], place: ReadyPlace): Pick<Outcome, 'text' | 'pages'> {
  const rows = runs.map(cellsOf);
  const title = `an image with ${place.dataMiB} MiB of data over ${place.rate}, medians of ${runs[0]?.copies.length ?? 0}`;
  const text = [title, ...[headings, ...rows].map((row) => `  ${row.map((cell) => cell.padEnd(22)).join('')}`)].join('\n');
  return { text, pages: { 'ready.md': pageOf(rows, runs, place) } };
}

function cellsOf({ gibibytes, copies, converts }: ReadyRun): readonly string[] {
  const first = median(copies.map(({ firstMebibyte }) => firstMebibyte));
  const complete = median(copies.map((copy) => copy.complete));
  return [
    `${gibibytes} GiB`,
    seconds(median(copies.map(({ ready }) => ready))),
    seconds(first),
    seconds(complete),
    seconds(median(converts)),
    `${Math.round(complete / first)} times`,
  ];
}

function seconds(number: number): string {
  return `${number.toFixed(number < 10 ? 2 : 1)} s`;
}

function pageOf(rows: readonly (readonly string[])[], runs: readonly ReadyRun[], { rate, dataMiB }: ReadyPlace): string {
  const started = median(runs.flatMap(({ copies }) => copies.map((copy) => copy.started)));
  const worst = Math.max(...runs.flatMap(({ copies }) => copies.map(({ firstMebibyte }) => firstMebibyte)));
  return `# Use it before it has arrived

How soon an image can be used that comes over a link of ${rate} from an NBD server: ${dataMiB} MiB of data nobody can compress, in 64 stretches with
holes between them, in images that look larger or smaller. Counted from the call that \`imagectl copy --needs readyEarly --to-format qcow2\` makes,
${seconds(started)} after its start: until it says where the image can be used; until a client that was started then has read the first MiB there, and it was
right; until all of it is there, checked and published. Beside it \`qemu-img convert\` and \`sync\` of its result. Medians of ${runs[0]?.copies.length ?? 0}; the first
MiB took ${seconds(worst)} at the worst. Made by \`npm run bench -- ready\`.

| ${headings.join(' | ')} |
| ${headings.map((_, index) => (index === 0 ? '---' : '---:')).join(' | ')} |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

What is read before it has come is fetched at once, ahead of what comes by itself and outside its limit.
`;
}
