/** What one row shows: the same four marks in every row. */
export interface LatencyRow {
  readonly label: string;
  /** Beside the label, smaller. */
  readonly remark: string;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const marks = [
  { name: 'p50', color: '#7fa8d6' },
  { name: 'p99', color: '#1f5fa8' },
  { name: 'p999', color: '#d58a2f' },
  { name: 'max', color: '#b0331d' },
] as const;
const words = { p50: 'half wait less', p99: '99 %', p999: '99.9 %', max: 'the longest' } as const;

const [width, left, right, top, rowHeight] = [860, 250, 24, 62, 44];
const inner = width - left - right;

/** Draw rows of latencies on a logarithmic axis, as SVG that needs no script or fonts of its own. */
export function latencyChart(title: string, rows: readonly LatencyRow[]): string {
  const all = rows.flatMap(({ p50, p99, p999, max }) => [p50, p99, p999, max]);
  const decades = [Math.floor(Math.log10(Math.min(...all))), Math.ceil(Math.log10(Math.max(...all)))] as const;
  const toX = (ms: number): number => round(left + ((Math.log10(ms) - decades[0]) / Math.max(1, decades[1] - decades[0])) * inner);
  const bottom = top + rows.length * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 40}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${bottom + 40}" fill="#fff"/>
<text x="16" y="22" font-size="15">${escape(title)}</text>
<text x="${left}" y="44">${marks.map(({ name, color }) => `<tspan fill="${color}">● </tspan><tspan>${words[name]}  </tspan>`).join('')}</text>
${gridOf(decades, toX, bottom)}
${rows.map((row, index) => drawRow(row, top + index * rowHeight + rowHeight / 2, toX)).join('\n')}
<text x="${left + inner}" y="${bottom + 34}" text-anchor="end">milliseconds the neighbour waits</text>
</svg>
`;
}

function gridOf([first, last]: readonly [number, number], toX: (ms: number) => number, bottom: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
    .map(
      (ms) =>
        `<path d="M${toX(ms)} ${top}V${bottom}" stroke="#ddd"/><text x="${toX(ms)}" y="${bottom + 16}" text-anchor="middle">${Number(ms.toPrecision(1))}</text>`,
    )
    .join('\n');
}

function drawRow(row: LatencyRow, y: number, toX: (ms: number) => number): string {
  const dots = marks.map(({ name, color }) => `<circle cx="${toX(row[name])}" cy="${y}" r="6" fill="${color}"/>`);
  return [
    `<text x="16" y="${y}">${escape(row.label)}</text><text x="16" y="${y + 14}" fill="#666" font-size="11">${escape(row.remark)}</text>`,
    `<path d="M${toX(row.p50)} ${y}H${toX(row.max)}" stroke="#bbb"/>`,
    ...dots,
  ].join('\n');
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
