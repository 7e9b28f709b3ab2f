import { describe, expect, it } from 'vitest';
import { connectWords } from './connect-words.ts';

const failed = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });
const host = { host: 'images', port: 10_809 };

describe('connectWords', () => {
  it.each([
    ['ECONNREFUSED', 'no server listens at images, port 10809; start it there'],
    ['ENOTFOUND', 'the name images is not known'],
    ['EHOSTUNREACH', 'images does not answer at port 10809'],
  ])('name host and port, and the way out: %s', (code, words) => {
    expect(connectWords(host, failed(code))).toContain(words);
  });

  it.each([
    ['ENOENT', 'there is no socket /run/x; check the path'],
    ['ECONNREFUSED', 'no server listens at the socket /run/x; start it again'],
    ['EACCES', 'may not connect to the socket /run/x'],
    ['EAGAIN', 'the server at the socket /run/x does not answer'],
  ])('name the socket, and the way out: %s', (code, words) => {
    expect(connectWords({ path: '/run/x' }, failed(code))).toContain(words);
  });

  it('know a host of which no address works', () => {
    expect(connectWords(host, new AggregateError([failed('ECONNREFUSED'), failed('ENETUNREACH')], ''))).toContain('no server listens');
  });
});
