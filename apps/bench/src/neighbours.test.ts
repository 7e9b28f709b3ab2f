import { describe, expect, it } from 'vitest';
import { readWaits } from './fsync-victim.ts';
import { latencyChart } from './latency-chart.ts';
import { neighboursPage, summarize } from './neighbours-page.ts';

const waits = (max: number): ReturnType<typeof readWaits> => ({ p50: 0.5, p99: 2, p999: 3, max, count: 1000 });
const runs = [
  { name: 'alone', visits: [4, 5, 90].map((max) => ({ waits: waits(max), seconds: 8, mebibytesPerSecond: 0 })) },
  { name: 'cp & <co>', visits: [50, 60, 70].map((max) => ({ waits: waits(max), seconds: 2, mebibytesPerSecond: 512 })) },
];

describe('the bench of neighbours', () => {
  it('reads what fio tells of the calls that waited for the disk, behind whatever else it says', () => {
    const percentile = { '50.000000': 500_000, '99.000000': 4_000_000, '99.900000': 9_000_000 };
    const report = JSON.stringify({ jobs: [{ sync: { lat_ns: { max: 12_345_678, N: 77, percentile } } }] });
    expect(readWaits(`fio: terminating on signal 2\n\n${report}`)).toEqual({ p50: 0.5, p99: 4, p999: 9, max: 12.345678, count: 77 });
  });

  it('takes the median of each number over the rounds', () => {
    expect(runs.map(summarize)).toMatchObject([{ max: 5 }, { max: 60, mebibytesPerSecond: 512 }]);
  });

  it('tells how many times as long as alone a neighbour waits', () => {
    const { text, pages } = neighboursPage(runs, { filesystem: 'ext4', mebibytes: 1024, rounds: 3 });
    expect(text).toMatch(/nothing else +0\.50 ms +2\.0 ms +3\.0 ms +5\.0 ms +nothing/);
    expect(pages?.['neighbours.md']).toContain(
      '| cp & <co> | 0.50 ms (1.0×) | 2.0 ms (1.0×) | 3.0 ms (1.0×) | 60.0 ms (12.0×) | 512 MiB/s |',
    );
  });

  it('draws a plot that is well-formed whatever the names are', () => {
    const svg = latencyChart('a < b', [{ label: 'cp & <co>', remark: '', p50: 0.5, p99: 2, p999: 30, max: 400 }]);
    expect(svg).toContain('cp &amp; &lt;co&gt;');
    expect(svg).not.toMatch(/NaN|undefined|& /);
  });
});
