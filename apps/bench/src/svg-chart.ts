/** One line, or one stair, of a panel. */
export interface Series {
  readonly label: string;
  readonly color: string;
  /** Each point holds until the next one. */
  readonly isStair?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  /** Quantity and unit of its vertical axis. */
  readonly label: string;
  readonly most: number;
  readonly series: readonly Series[];
}

/** Panels one above the other with one horizontal axis. */
export interface Chart {
  readonly title: string;
  readonly label: string;
  readonly most: number;
  readonly panels: readonly Panel[];
  /** Stretches of the horizontal axis in which something else was going on. */
  readonly bands: readonly { readonly label: string; readonly from: number; readonly to: number }[];
}

const width = 860;
const left = 64;
const right = 16;
const top = 44;
const panelHeight = 190;
const gap = 46;
const inner = width - left - right;

/** Draw a chart as SVG that can be read on light and on dark pages, without script or fonts of its own. */
export function svgChart(chart: Chart): string {
  const height = top + chart.panels.length * (panelHeight + gap) + 12;
  const body = chart.panels.map((panel, index) => drawPanel(chart, panel, top + index * (panelHeight + gap)));
  return svgDocument(width, height, [
    `<text x="${left}" y="20" font-size="15">${escape(chart.title)}</text>`,
    ...body,
    `<text x="${left + inner}" y="${height - 10}" text-anchor="end">${escape(chart.label)}</text>`,
  ]);
}

/** A picture on white, so that it can be read on light and on dark pages. */
export function svgDocument(width: number, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function drawPanel(chart: Chart, panel: Panel, y: number): string {
  const toX = (x: number): number => left + (Math.min(x, chart.most) / chart.most) * inner;
  const toY = (value: number): number => y + panelHeight - (Math.min(value, panel.most) / panel.most) * panelHeight;
  const bands = chart.bands.map(
    ({ from, to, label }) =>
      `<rect x="${round(toX(from))}" y="${y}" width="${round(toX(to) - toX(from))}" height="${panelHeight}" fill="#f4d9c6"/>` +
      `<text x="${round(toX(from) + 4)}" y="${y + 14}" fill="#8a4b1f">${escape(label)}</text>`,
  );
  const rows = ticks(panel.most).map(
    (value) =>
      `<path d="M${left} ${round(toY(value))}H${left + inner}" stroke="#ddd"/>` +
      `<text x="${left - 6}" y="${round(toY(value) + 4)}" text-anchor="end">${value}</text>`,
  );
  const columns = ticks(chart.most).map(
    (value) => `<text x="${round(toX(value))}" y="${y + panelHeight + 15}" text-anchor="middle">${value}</text>`,
  );
  const lines = panel.series.map(
    (series) => `<path d="${pathOf(series, toX, toY)}" fill="none" stroke="${series.color}" stroke-width="1.6"/>`,
  );
  const legend = panel.series.map(
    ({ label, color }, index) => `<tspan${index > 0 ? ' dx="14"' : ''} fill="${color}">${escape(label)}</tspan>`,
  );
  return [
    ...bands,
    ...rows,
    ...columns,
    ...lines,
    `<text x="${left}" y="${y - 7}"><tspan>${escape(panel.label)}</tspan><tspan dx="14"/>${legend.join('')}</text>`,
  ].join('\n');
}

function pathOf({ points, isStair }: Series, toX: (x: number) => number, toY: (y: number) => number): string {
  return points
    .map(([x, y], index) =>
      index === 0 ? `M${round(toX(x))} ${round(toY(y))}` : `${isStair ? `H${round(toX(x))}V` : `L${round(toX(x))} `}${round(toY(y))}`,
    )
    .join('');
}

/** About five round numbers from 0 up to `most`. */
export function ticks(most: number): readonly number[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

export function round(number: number): number {
  return Math.round(number * 10) / 10;
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
