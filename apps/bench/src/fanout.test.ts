import { expect, it } from 'vitest';
import { fanoutPage } from './fanout-page.ts';

it('says how near to the bound all hosts had the image, and how often it was sent', () => {
  const visits = [
    { seconds: 30, copies: 1.5 },
    { seconds: 26, copies: 1.25 },
    { seconds: 50, copies: 2 },
  ];
  const place = { hosts: 8, rate: '100 Mbit/s', size: 256 * 2 ** 20, bound: 20 };
  const { text, pages } = fanoutPage([{ name: 'ours', visits }], place);
  expect(text).toContain('256 MiB to 8 hosts, each on a link of 100 Mbit/s');
  expect(pages?.['fanout.md']).toContain('| ours | 30.0 s | 1.50× | 1.50 copies |');
  expect(pages?.['fanout.md']).toContain('Medians of 3.');
});
