import { barChart } from './bar-chart.ts';
import type { BarGroup } from './bar-chart.ts';
import type { describeMachine } from './describe-machine.ts';
import { median } from './race.ts';
import { bestPeer, judgeAims, judged } from './section.ts';
import type { Comparison, Judgement, Section } from './section.ts';

/** A result as it is kept, of a scenario that has a section. */
export interface KeptResult {
  readonly scenario: string;
  readonly machine: Awaited<ReturnType<typeof describeMachine>>;
  readonly section: Section;
}

/** The page of all sections, and a plot for each, by their names in `apps/docs`. */
export function benchmarksPage(results: readonly KeptResult[]): Readonly<Record<string, string>> {
  const plots = results.map(({ scenario, section }) => [`benchmarks/${scenario}.svg`, plotOf(section)] as const);
  return { 'benchmarks.md': pageOf(results), ...Object.fromEntries(plots) };
}

function pageOf(results: readonly KeptResult[]): string {
  const rows = results.flatMap(({ section }) => section.comparisons.map((comparison) => summaryRow(comparison, section.judgedBy)));
  return `# Benchmarks

\`imagectl\` beside the tools people would use instead. Every contender is a whole process that starts with nothing, does the same job, and is
over when the bytes are on the disk: where a tool does not see to that, \`sync\` of the file follows. They take turns, and who begins changes
from round to round. Of several rounds the least counts for work on one machine, and the median over links. Numbers of one table were
measured in one run on one machine, and are to be compared with each other only.

Made by \`npm run bench\` from the newest result of each scenario; every single time stays in \`apps/bench/results\` where it was run.

${tableOf(['', 'ours', 'best peer', 'ours ÷ best peer', 'ours ÷ bound', 'aims'], rows)}

Where an aim is missed, its section says by how much. Also measured, on pages of their own: [what others on the disk notice](neighbours.md),
[the same over ssh](neighbours-over-ssh.md), [a limit that follows the others](auto.md), [images that are used before they have arrived](ready.md),
[one image on many hosts](fanout.md).

${results.map(sectionOf).join('\n')}`;
}

function summaryRow(comparison: Comparison, by: Section['judgedBy']): readonly string[] {
  const { title, contenders, bound } = comparison;
  const ours = contenders[0] ? judged(contenders[0], by) : NaN;
  const peer = bestPeer(comparison, by);
  const missed = judgeAims(comparison, by).filter(({ met }) => !met);
  return [
    `[${title}](#${anchorOf(title)})`,
    seconds(ours),
    peer ? `${seconds(judged(peer, by))}, ${peer.name}` : '',
    peer ? (ours / judged(peer, by)).toFixed(2) : '',
    bound ? (ours / bound.seconds).toFixed(2) : '',
    comparison.aims.length === 0 ? '' : missed.length === 0 ? 'met' : `${missed.length} missed`,
  ];
}

function sectionOf({ scenario, machine, section }: KeptResult): string {
  const { title, about, comparisons, judgedBy } = section;
  return `## ${title}

${about}

${machineWords(machine)} Made by \`npm run bench -- ${scenario}\`.

![${title}: the times as bars](benchmarks/${scenario}.svg)

${comparisons.map((comparison) => comparisonText(comparison, judgedBy)).join('\n')}`;
}

function comparisonText(comparison: Comparison, by: Section['judgedBy']): string {
  const { title, contenders, bound, remarks = [] } = comparison;
  const ours = contenders[0] ? judged(contenders[0], by) : NaN;
  const rows = contenders.map((contender) => {
    const one = judged(contender, by);
    const times = [Math.min(...contender.seconds), median(contender.seconds)].map(seconds);
    return [
      contender.name,
      ...times,
      String(contender.seconds.length),
      (ours / one).toFixed(2),
      ...(bound ? [(one / bound.seconds).toFixed(2)] : []),
    ];
  });
  const head = ['', 'least', 'median', 'rounds', 'ours ÷ this', ...(bound ? ['this ÷ bound'] : [])];
  const sentences = [
    ...(bound ? [`The bound is ${seconds(bound.seconds)}: ${bound.what}.`] : []),
    ...judgeAims(comparison, by).map(aimText),
    ...remarks,
  ];
  return `### ${title}

${tableOf(head, rows)}
${sentences.length === 0 ? '' : `\n${sentences.map((sentence) => `- ${sentence}`).join('\n')}\n`}`;
}

function aimText({ aim, is, met }: Judgement): string {
  const { of = 'ours', beside, atMost, inSeconds = false, why } = aim;
  const what = beside === 'best peer' || beside === 'bound' ? `the ${beside}` : beside;
  const finding = inSeconds ? `${of}: ${seconds(is)} more than ${what}` : `${of}: ${is.toFixed(2)} times ${what}`;
  const wish = inSeconds ? `at most ${seconds(atMost)}` : `at most ${atMost}`;
  if (met) return `Met. ${finding}; the aim was ${wish}.`;
  const excess = inSeconds ? seconds(is - atMost) : `${Math.ceil((is / atMost - 1) * 100)} %`;
  return `**Missed** by ${excess}. ${finding}; the aim was ${wish}.${why === undefined ? '' : ` ${why}`}`;
}

function plotOf({ comparisons, judgedBy }: Section): string {
  return barChart(comparisons.map((comparison) => groupOf(comparison, judgedBy)));
}

function groupOf({ title, contenders, bound }: Comparison, by: Section['judgedBy']): BarGroup {
  return {
    title: `${title}: ${by} in seconds`,
    bars: contenders.map((contender, index) => ({
      label: contender.name,
      value: judged(contender, by),
      text: seconds(judged(contender, by)),
      isOurs: index === 0 || contender.is === 'ours',
    })),
    ...(bound && { mark: { value: bound.seconds, label: 'bound' } }),
  };
}

function machineWords(machine: KeptResult['machine']): string {
  const { date, processors, memory, kernel, node, filesystem } = machine;
  const gibibytes = Math.round(Number(memory) / 2 ** 30);
  const day = String(date).slice(0, 10);
  return `Measured ${day} on ${processors} processors with ${gibibytes} GiB of memory, Linux ${kernel}, Node.js ${node}, files on ${filesystem}.`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

/** As the renderers of Markdown make it. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function seconds(number: number): string {
  return Math.abs(number) < 0.5 ? `${Math.round(number * 1000)} ms` : `${number.toFixed(number < 10 ? 2 : 1)} s`;
}
