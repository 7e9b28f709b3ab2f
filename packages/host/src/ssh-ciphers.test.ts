import { expect, it } from 'vitest';
import { cipherWords } from './ssh-ciphers.ts';

const usual = 'chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com';
const newer = 'chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr';
const cpuinfo = 'processor\t: 0\nflags\t\t: fpu sse2 aes avx\n';

it.each([usual, newer])('puts AES-GCM first where OpenSSH orders by itself', (ciphers) => {
  const [option, words] = cipherWords(ciphers, cpuinfo);
  expect(option).toBe('-o');
  expect(words).toMatch(/^Ciphers=aes128-gcm@openssh\.com,chacha20-poly1305@openssh\.com,/);
  expect(words?.slice('Ciphers='.length).split(',').toSorted()).toEqual(ciphers.split(',').toSorted());
});

it('knows the instructions of other processors by their name', () => {
  expect(cipherWords(usual, 'Features\t: fp asimd aes pmull\n')).toHaveLength(2);
});

it.each([
  ['the user has an order of his own', 'aes256-gcm@openssh.com,chacha20-poly1305@openssh.com', cpuinfo],
  ['the user left something out', usual.replace(',aes128-ctr', ''), cpuinfo],
  ['the user wants one only', 'chacha20-poly1305@openssh.com', cpuinfo],
  ['ssh does not say', undefined, cpuinfo],
  ['this machine would be slower for it', usual, 'flags\t\t: fpu sse2 paes aes_other\n'],
  ['nothing is known of the machine', usual, ''],
])('says nothing where %s', (_, ciphers, text) => {
  expect(cipherWords(ciphers, text)).toEqual([]);
});
