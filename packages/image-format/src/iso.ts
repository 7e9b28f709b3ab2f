import type { Format } from './format.ts';

const volumeDescriptor = 32_768;

/** A disc, of which boot images for USB sticks are often made to be a partitioned disk besides. */
export const iso: Format = {
  name: 'iso',
  covers: ['gpt'],
  matches: ({ start }) => start.has('CD001', volumeDescriptor + 1),
};
