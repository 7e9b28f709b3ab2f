import { expect, it } from 'vitest';
import { parseAuto } from './parse-auto.ts';

const mebibyte = 2 ** 20;

it.each([
  ['auto', {}],
  [' Auto ', {}],
  ['auto:200MiB/s', { ceiling: 200 * mebibyte }],
  ['auto:5MiB/s..200MiB/s', { floor: 5 * mebibyte, ceiling: 200 * mebibyte }],
  ['auto: 5 MiB/s .. 200 MiB/s', { floor: 5 * mebibyte, ceiling: 200 * mebibyte }],
  ['auto:0.5MiB/s..none', { floor: mebibyte / 2 }],
  ['auto:none', {}],
])('reads %j', (text, limit) => {
  expect(parseAuto(text)).toEqual(limit);
});

it.each(['none', '20MiB/s', 'automatic', '', 'car:auto'])('leaves %j to others', (text) => {
  expect(parseAuto(text)).toBeUndefined();
});

it.each([
  'auto:',
  'auto:200',
  'auto:fast',
  'auto:..',
  'auto:5MiB/s..',
  'auto:..5MiB/s',
  'auto:9MiB/s..5MiB/s',
  'auto:1MiB/s..2MiB/s..3MiB/s',
])('refuses %j', (text) => {
  expect(() => parseAuto(text)).toThrow(expect.objectContaining({ code: 'BAD_LIMIT' }));
});
