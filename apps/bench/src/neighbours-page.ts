import { latencyChart } from './latency-chart.ts';
import type { NeighbourRun } from './neighbour-visits.ts';
import type { Outcome } from './outcome.ts';
import { median } from './race.ts';

/** What was measured where. */
export interface Place {
  readonly filesystem: string;
  readonly mebibytes: number;
  readonly rounds: number;
}

/** The medians of all rounds of one way of copying. */
export interface Summary {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mebibytesPerSecond: number;
}

/** What is said around the table of a page. */
export interface Words {
  /** The name of the page, and of the plot on it. */
  readonly page: string;
  readonly title: string;
  readonly intro: (place: Place) => string;
  readonly why: string;
}

/** A table for the terminal, and a page with a plot. */
export function neighboursPage(runs: readonly NeighbourRun[], place: Place, words: Words = local): Pick<Outcome, 'text' | 'pages'> {
  const summaries = runs.map(summarize);
  const title = `a neighbour's fsync beside a copy of ${place.mebibytes} MiB on ${place.filesystem}`;
  const rows = summaries.map((summary) => cellsOf(summary, summaries[0]));
  const lines = rows.map(([name = '', ...cells]) => `  ${name.padEnd(32)}${cells.map((cell) => cell.padStart(17)).join('')}`);
  const text = [`${title}, medians of ${place.rounds} rounds`, lineOf(headings), ...lines].join('\n');
  return { text, pages: { [`${words.page}.md`]: pageOf(rows, place, words), [`${words.page}.svg`]: plotOf(summaries, title) } };
}

/** The median of each number, over the rounds. */
export function summarize({ name, visits }: NeighbourRun): Summary {
  const of = (pick: (visit: NeighbourRun['visits'][number]) => number): number => median(visits.map(pick));
  return {
    name,
    p50: of(({ waits }) => waits.p50),
    p99: of(({ waits }) => waits.p99),
    p999: of(({ waits }) => waits.p999),
    max: of(({ waits }) => waits.max),
    mebibytesPerSecond: of(({ mebibytesPerSecond }) => mebibytesPerSecond),
  };
}

const headings = ['the disk has beside the neighbour', 'p50', 'p99', 'p99.9', 'max', 'copied'] as const;

function lineOf([name, ...cells]: readonly [string, ...string[]]): string {
  return `  ${name.padEnd(32)}${cells.map((cell) => cell.padStart(17)).join('')}`;
}

/** Milliseconds, and how many times those of the neighbour alone. */
function cellsOf(summary: Summary, alone: Summary | undefined): string[] {
  const cell = (name: 'p50' | 'p99' | 'p999' | 'max'): string => {
    const times = alone && alone !== summary ? ` (${(summary[name] / alone[name]).toFixed(1)}×)` : '';
    return `${summary[name].toFixed(summary[name] < 1 ? 2 : 1)} ms${times}`;
  };
  const { mebibytesPerSecond } = summary;
  const copied = mebibytesPerSecond === 0 ? 'nothing' : `${Math.round(mebibytesPerSecond)} MiB/s`;
  return [summary === alone ? 'nothing else' : summary.name, cell('p50'), cell('p99'), cell('p999'), cell('max'), copied];
}

function pageOf(rows: readonly (readonly string[])[], place: Place, { page, title, intro, why }: Words): string {
  return `# ${title}

${intro(place)}

| ${headings.join(' | ')} |
| --- | ${headings
    .slice(1)
    .map(() => '---:')
    .join(' | ')} |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

![How long a neighbour waits for the disk while an image is copied](${page}.svg)

## Why

${why}
`;
}

const local: Words = {
  page: 'neighbours',
  title: 'The gentle copy',
  intro: ({
    filesystem,
    mebibytes,
    rounds,
  }) => `What others on the same disk notice of a copy. A neighbour writes 4 KiB somewhere in its file and waits until they are on the disk, again and
again, as a database does; meanwhile an image with ${mebibytes} MiB of data is copied on the same ${filesystem}. Below is how long the neighbour waits, in
milliseconds, and how many times as long as alone: medians of ${rounds} rounds, in which all ways take turns. Nothing of the image is in memory when
a copy begins, and a copy is over when it is on the disk. Made by \`npm run bench -- neighbours\`. Where the image comes over ssh:
[the gentle copy over ssh](neighbours-over-ssh.md).`,
  why: `\`cp\` and \`rsync\` fill the memory of the machine with what they have written, and the system takes it to the disk in bursts: whoever waits for the
disk then waits for a burst, now and then. A limit makes the bursts rarer, not shorter. A copy of ours writes past that memory, so the disk
is never asked for more than a piece at a time; with \`--priority idle\` the pieces are small, one after the other, read past the memory, too, and
asked for by a thread that stops at once when another wants to run, and whose requests the disk's scheduler serves when there are no others.`,
};

function plotOf(summaries: readonly Summary[], title: string): string {
  const rows = summaries.map((summary, index) => ({
    ...summary,
    label: index === 0 ? 'nothing else' : summary.name,
    remark: index === 0 ? '' : `${Math.round(summary.mebibytesPerSecond)} MiB/s`,
  }));
  return latencyChart(title, rows);
}
