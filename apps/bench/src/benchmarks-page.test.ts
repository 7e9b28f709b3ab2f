import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { benchmarksPage } from './benchmarks-page.ts';
import type { KeptResult } from './benchmarks-page.ts';
import { keptResults } from './results.ts';
import { scenarios } from './scenarios.ts';
import { bestPeer } from './section.ts';
import type { Comparison } from './section.ts';

const machine = { date: '2030-02-03T04:05:06Z', node: 'v20', kernel: '6.1', processors: 2, memory: 2 ** 33, filesystem: 'ext4' };
const comparison: Comparison = {
  title: 'ssh, 1 Gbit/s, up',
  contenders: [
    { name: 'imagectl copy', seconds: [3, 2, 9] },
    { name: 'as a library', is: 'ours', seconds: [1, 1, 1] },
    { name: 'scp', seconds: [5] },
    { name: 'tar | ssh', seconds: [1, 4, 6] },
  ],
  bound: { seconds: 2, what: '4 MiB at 2 MiB/s' },
  aims: [
    { beside: 'best peer', atMost: 0.7, why: 'It is not made for that.' },
    { beside: 'bound', atMost: 1.5 },
    { of: 'as a library', beside: 'scp', atMost: 0.1, inSeconds: true },
    { beside: 'a tool that is not there', atMost: 1 },
  ],
};
const resultOf = (judgedBy: 'least' | 'median'): KeptResult => ({
  scenario: 'ssh-x',
  machine,
  section: { title: 'Over ssh', about: 'An image.', judgedBy, comparisons: [comparison] },
});

describe('the page of benchmarks', () => {
  it('takes for the best peer who is fastest by what counts, and none of ours', () => {
    expect(bestPeer(comparison, 'median')?.name).toBe('tar | ssh');
    expect(bestPeer(comparison, 'least')?.name).toBe('tar | ssh');
  });

  it('tells the ratios, and of every aim by how much it was missed and why', () => {
    const text = benchmarksPage([resultOf('median')])['benchmarks.md'];
    expect(text).toContain('| [ssh, 1 Gbit/s, up](#ssh-1-gbits-up) | 3.00 s | 4.00 s, tar \\| ssh | 0.75 | 1.50 | 1 missed |');
    expect(text).toContain('| scp | 5.00 s | 5.00 s | 1 | 0.60 | 2.50 |');
    expect(text).toContain('**Missed** by 8 %. ours: 0.75 times the best peer; the aim was at most 0.7. It is not made for that.');
    expect(text).toContain('Met. ours: 1.50 times the bound; the aim was at most 1.5.');
    expect(text).toContain('Met. as a library: -4.00 s more than scp; the aim was at most 100 ms.');
    expect(text).not.toContain('not there');
    expect(text).toContain('Measured 2030-02-03 on 2 processors with 8 GiB');
  });

  it('counts the least where the work is local', () => {
    expect(benchmarksPage([resultOf('least')])['benchmarks.md']).toContain('| 2.00 s | 1.00 s, tar \\| ssh | 2.00 | 1.00 | 1 missed |');
  });

  it('draws a bar for each contender, and the bound', () => {
    const plot = benchmarksPage([resultOf('median')])['benchmarks/ssh-x.svg'] ?? '';
    expect(plot.match(/<rect x="300"/g)).toHaveLength(4);
    expect(plot.match(/#1f5fa8/g)).toHaveLength(2);
    expect(plot).toContain('bound</text>');
  });

  it('is what the newest results say', async () => {
    const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
    const pages = benchmarksPage(await keptResults(docs, Object.keys(scenarios)));
    for (const [name, text] of Object.entries(pages)) {
      expect(await readFile(`${docs}${name}`, 'utf8').catch(() => 'missing'), `${name}: run \`npm run bench -- page\``).toBe(text);
    }
  });
});
