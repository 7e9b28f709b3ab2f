import { escape, round, svgDocument } from './svg-chart.ts';

/** Bars that share one scale. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly { readonly label: string; readonly value: number; readonly text: string; readonly isOurs: boolean }[];
  /** A line across the group. */
  readonly mark?: { readonly value: number; readonly label: string };
}

const width = 860;
const left = 300;
const inner = 470;
const barHeight = 18;
const step = 24;
const head = 34;

/** Draw horizontal bars as SVG that can be read on light and on dark pages. Each group has a scale of its own. */
export function barChart(groups: readonly BarGroup[]): string {
  let y = 8;
  const body = groups.map((group) => {
    const drawn = drawGroup(group, y);
    y += head + group.bars.length * step + 14;
    return drawn;
  });
  return svgDocument(width, y, body);
}

function drawGroup({ title, bars, mark }: BarGroup, y: number): string {
  const most = Math.max(mark?.value ?? 0, ...bars.map(({ value }) => value));
  const scale = (value: number): number => round((value / most) * inner);
  const first = y + head;
  const lines = bars.map(({ label, value, text, isOurs }, index) => {
    const top = first + index * step;
    return (
      `<text x="${left - 8}" y="${top + 13}" text-anchor="end">${escape(label)}</text>` +
      `<rect x="${left}" y="${top}" width="${scale(value)}" height="${barHeight}" fill="${isOurs ? '#1f5fa8' : '#9a9a9a'}"/>` +
      `<text x="${left + scale(value) + 6}" y="${top + 13}">${escape(text)}</text>`
    );
  });
  const x = left + scale(mark?.value ?? 0);
  const marked = mark
    ? `<path d="M${x} ${first - 6}V${first + bars.length * step}" stroke="#b0491d" stroke-dasharray="4 3"/>` +
      `<text x="${x}" y="${first - 9}" fill="#b0491d">${escape(mark.label)}</text>`
    : '';
  return [`<text x="8" y="${y + 14}" font-size="14">${escape(title)}</text>`, ...lines, marked].join('\n');
}
