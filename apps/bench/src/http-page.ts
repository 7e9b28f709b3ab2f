import type { Outcome } from './outcome.ts';
import { formatScore, median } from './race.ts';
import type { Score } from './race.ts';
import type { Section } from './section.ts';

/** What was measured. */
export interface HttpRun {
  readonly scores: readonly Score[];
  /** Bytes that were fetched in all when the server went away half-way, as shares of the image. */
  readonly shares: readonly number[];
  readonly mebibytes: number;
  readonly filesystem: string;
}

/** A table for the terminal, and a page. */
export function httpPage(run: HttpRun): Pick<Outcome, 'text' | 'pages' | 'section'> {
  const twice = `${((Math.max(...run.shares) - 1) * 100).toFixed(1)} %`;
  const text = [...run.scores.map(formatScore), `came twice when the server went away half-way: ${twice} at the most`].join('\n');
  return { text, pages: { 'http.md': pageOf(run, twice) }, section: sectionOf(run, twice) };
}

function sectionOf({ scores, mebibytes }: HttpRun, twice: string): Section {
  return {
    title: 'From a web server',
    about: `An image of ${mebibytes} MiB that nobody can compress, from nginx on the same machine. More on [its own page](http.md).`,
    judgedBy: 'least',
    comparisons: scores.map(({ title, times }) => ({
      title: `http, ${title}`,
      contenders: times,
      aims: times.filter(({ name }) => name.startsWith('aria2c')).map(({ name }) => ({ beside: name, atMost: 1 })),
      remarks: [`When nginx went away half-way, ${twice} came twice at the most.`],
    })),
  };
}

function pageOf({ scores, shares, mebibytes, filesystem }: HttpRun, twice: string): string {
  const rounds = scores[0]?.times[0]?.seconds.length ?? 0;
  return `# From a web server

An image of ${mebibytes} MiB that nobody can compress, from nginx on the same machine to ${filesystem}: whole processes, in ${rounds} alternating rounds, each
over when the bytes are on the disk. Where there is no link to wait for, what is compared is the work itself. Made by \`npm run bench -- http\`.

| | connections | least | median | ours ÷ this, of the least |
| --- | ---: | ---: | ---: | ---: |
${scores.flatMap(rowsOf).join('\n')}

When nginx went away with half of it there, and came back, imagectl went on by itself, and ${twice} of the image came twice at the most, in ${shares.length}
${shares.length === 1 ? 'copy' : 'copies'}.
`;
}

function rowsOf({ title, times }: Score): string[] {
  const ours = Math.min(...(times[0]?.seconds ?? []));
  const count = /over (\d+)/.exec(title)?.[1] ?? '';
  return times.map(({ name, seconds }) => {
    const least = Math.min(...seconds);
    const cells = [`\`${name}\``, count, `${least.toFixed(2)} s`, `${median(seconds).toFixed(2)} s`, (ours / least).toFixed(2)];
    return `| ${cells.join(' | ')} |`;
  });
}
