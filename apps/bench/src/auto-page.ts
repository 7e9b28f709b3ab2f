import type { AutoRun } from './bench-auto.ts';
import type { Outcome } from './outcome.ts';
import { median } from './race.ts';
import { svgChart } from './svg-chart.ts';

const mebibyte = 2 ** 20;

/** A table for the terminal, a page and a plot of it. */
export function autoPage(runs: readonly AutoRun[], ceiling: number): Pick<Outcome, 'text' | 'pages'> {
  const reactions = runs.flatMap((run) => run.reactions);
  const rows = [
    ['gives way after', ...spread(reactions.map(({ gaveWay }) => gaveWay))],
    ['is back after', ...spread(reactions.map(({ cameBack }) => cameBack))],
  ];
  const table = rows.map(([what = '', middle = '', worst = '']) => `  ${what.padEnd(20)} median ${middle}   worst ${worst}`);
  const page = `# A limit that follows the others

\`imagectl copy --limit auto:${ceiling}MiB/s\` on a disk where a neighbour comes and goes: four writers of small pieces, each of which has to be on the
disk before the next. Made by \`npm run bench -- auto\`. A visit counts where the copy was near its limit before it: ${reactions.length} of ${runs.length * 2} in
${runs.length} copies. How it works is told in [decision 0008](decisions/0008-an-automatic-limit-stands-still-to-listen.md).

| the copy | median | worst |
| --- | --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

It gave way when it moved less than a quarter of what it did before, and was back when it moved three quarters of it again. One of the copies:

![The rate of the copy, its limit, and how long the neighbour waited, over the time](auto.svg)

Above, what the copy moved and what it might move; the short dips are the moments in which it stands still to hear whether others wait.
Below, the longest of the neighbour's writes in each tenth of a second.
`;
  return {
    text: ['a copy that follows the others', ...table].join('\n'),
    pages: { 'auto.md': page, 'auto.svg': plot(calmest(runs), ceiling) },
  };
}

/** The one to be shown: with most visits that count. */
function calmest(runs: readonly AutoRun[]): AutoRun | undefined {
  return runs.toSorted((a, b) => b.reactions.length - a.reactions.length)[0];
}

function spread(seconds: readonly number[]): readonly string[] {
  return [median(seconds), Math.max(...seconds)].map((number) => `${number.toFixed(1)} s`);
}

function plot(run: AutoRun | undefined, ceiling: number): string {
  const { rates = [], limits = [] } = run?.timeline ?? {};
  const writes = (run?.visits ?? []).map(({ from, writes: all }) => all.map(([seconds, ms]) => [from + seconds, ms] as const));
  const most = Math.max(1, ...rates.map(([seconds]) => seconds));
  const longest = Math.max(1, ...writes.flat().map(([, ms]) => ms));
  const changes = limits.map(({ seconds, bandwidth }) => [seconds, Math.min(bandwidth / mebibyte, ceiling * 1.2)] as const);
  const limit = [...changes, [most, changes.at(-1)?.[1] ?? 0] as const];
  return svgChart({
    title: 'A copy with a limit that follows the others',
    label: 'seconds',
    most,
    bands: (run?.visits ?? []).map(({ from, to }) => ({ from, to, label: 'a neighbour writes' })),
    panels: [
      {
        label: 'MiB/s',
        most: ceiling * 1.2,
        series: [
          { label: 'limit', color: '#9a9a9a', isStair: true, points: limit },
          { label: 'copied', color: '#1f5fa8', points: rates.map(([seconds, rate]) => [seconds, rate / mebibyte]) },
        ],
      },
      {
        label: 'milliseconds',
        most: longest,
        series: writes.map((points, index) => ({
          label: index === 0 ? 'a write of the neighbour, longest' : '',
          color: '#b0491d',
          points,
        })),
      },
    ],
  });
}
