import type { Outcome } from './outcome.ts';
import { median } from './race.ts';

/** All times that one way was gone. */
export interface FanoutRun {
  readonly name: string;
  /** `copies`: bytes that left the origin, over the size of the image. */
  readonly visits: readonly { readonly seconds: number; readonly copies: number }[];
}

export interface FanoutPlace {
  readonly hosts: number;
  readonly rate: string;
  /** Of the image, in bytes. */
  readonly size: number;
  /** Seconds that one host needs at the least. */
  readonly bound: number;
}

const headings = ['', 'all hosts have it after', 'of the bound', 'the origin sent'] as const;

/** A table for the terminal, and a page. */
export function fanoutPage(runs: readonly FanoutRun[], place: FanoutPlace): Pick<Outcome, 'text' | 'pages'> {
  const rows = runs.map(({ name, visits }) => {
    const seconds = median(visits.map((visit) => visit.seconds));
    const copies = median(visits.map((visit) => visit.copies));
    return [name, `${seconds.toFixed(1)} s`, `${(seconds / place.bound).toFixed(2)}×`, `${copies.toFixed(2)} copies`];
  });
  const text = [titleOf(place), ...[headings, ...rows].map((row) => `  ${row.map((cell) => cell.padEnd(32)).join('')}`)].join('\n');
  return { text, pages: { 'fanout.md': pageOf(rows, runs[0]?.visits.length ?? 0, place) } };
}

function titleOf({ hosts, rate, size }: FanoutPlace): string {
  return `${Math.round(size / 2 ** 20)} MiB to ${hosts} hosts, each on a link of ${rate}`;
}

function pageOf(rows: readonly (readonly string[])[], rounds: number, place: FanoutPlace): string {
  return `# One image on many hosts

${titleOf(place)}: an image nobody can compress. One host needs ${place.bound.toFixed(1)} s at the least, so that is the bound for all of them. By \`imagectl precache
--to\` it is in the cache of each host and its sha256 was checked there; by \`rsync\` it is a file on each that nobody checked. What the origin sent is
counted at its network interface. ${rounds === 1 ? 'One round' : `Medians of ${rounds}`}. All hosts share the processors of one machine. Made by \`npm run bench -- fanout\`.

| ${headings.join(' | ')} |
| ${headings.map((_, index) => (index === 0 ? '---' : '---:')).join(' | ')} |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}
