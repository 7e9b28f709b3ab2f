import { describe, expect, it } from 'vitest';
import { svgChart, ticks } from './svg-chart.ts';

describe('svgChart', () => {
  const panel = {
    label: 'MiB/s',
    most: 100,
    series: [
      {
        label: 'copy',
        color: '#000',
        points: [
          [0, 0],
          [10, 100],
        ] as const,
      },
    ],
  };

  it('draws a line from the lower left to the upper right', () => {
    const drawn = svgChart({ title: 'a < b', label: 'seconds', most: 10, panels: [panel], bands: [] });
    expect(drawn).toContain('<path d="M64 234L844 44" fill="none"');
    expect(drawn).toContain('a &lt; b');
  });

  it('holds the points of a stair', () => {
    const stair = { ...panel, series: panel.series.map((series) => ({ ...series, isStair: true })) };
    expect(svgChart({ title: '', label: '', most: 10, panels: [stair], bands: [] })).toContain('M64 234H844V44');
  });

  it('marks what else was going on', () => {
    const bands = [{ label: 'neighbour', from: 2, to: 4 }];
    expect(svgChart({ title: '', label: '', most: 10, panels: [panel], bands })).toContain('<rect x="220" y="44" width="156"');
  });
});

describe('ticks', () => {
  it.each([
    [10, [0, 2, 4, 6, 8, 10]],
    [45, [0, 10, 20, 30, 40]],
    [0.5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
  ])('of %d are %j', (most, expected) => {
    expect(ticks(most)).toEqual(expected);
  });
});
