import { describe, expect, it } from 'vitest';
import type { ReadyTimes } from './bench-ready.ts';
import { readyPage } from './ready-page.ts';

describe('the bench of images that can be used at once', () => {
  const times = (firstMebibyte: number): ReadyTimes => ({
    started: 0.2,
    ready: firstMebibyte / 2,
    firstMebibyte,
    complete: 90,
  });

  it('tells the medians, how many times sooner that is than all of it, and the worst', () => {
    const runs = [
      { gibibytes: 4, copies: [times(1), times(0.9), times(4)], converts: [95] },
      { gibibytes: 64, copies: [times(1.2)], converts: [96.04] },
    ];
    const { text, pages } = readyPage(runs, { rate: '100 Mbit/s', dataMiB: 1024 });
    expect(text).toMatch(/64 GiB +0\.60 s +1\.20 s +90\.0 s +96\.0 s +75 times/);
    expect(pages?.['ready.md']).toContain('| 4 GiB | 0.50 s | 1.00 s | 90.0 s | 95.0 s | 90 times |');
    expect(pages?.['ready.md']).toContain('4.00 s at the worst');
  });
});
