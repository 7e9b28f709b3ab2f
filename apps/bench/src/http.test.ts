import { expect, it } from 'vitest';
import { httpPage } from './http-page.ts';

it('tells how ours compares by the least time, and how much came twice at the worst', () => {
  const times = [
    { name: 'imagectl copy', seconds: [1.5, 1.2, 1.4] },
    { name: 'aria2c -x 4 -s 4 && sync FILE', seconds: [1.6, 2, 1.7] },
  ];
  const scores = [{ title: '1024 MiB over 4 connections', times }];
  const { text, pages, section } = httpPage({ scores, shares: [1.002, 1.013], mebibytes: 1024, filesystem: 'ext4' });
  expect(text).toContain('half-way: 1.3 % at the most');
  expect(pages?.['http.md']).toContain('| `aria2c -x 4 -s 4 && sync FILE` | 4 | 1.60 s | 1.70 s | 0.75 |');
  expect(section?.comparisons[0]).toMatchObject({ title: 'http, 1024 MiB over 4 connections', aims: [{ atMost: 1 }] });
  expect(pages?.['http.md']).toContain('in 3 alternating rounds');
});
