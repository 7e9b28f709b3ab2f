import { expect, it } from 'vitest';
import { childEnvironment } from './child-environment.ts';

it('lets only a few variables through', () => {
  const ours = {
    PATH: '/bin',
    HOME: '/h',
    TZ: 'UTC',
    SSH_AUTH_SOCK: '/s',
    LC_ALL: 'de_DE',
    RSYNC_RSH: 'evil',
    LD_PRELOAD: '/x',
    NODE_OPTIONS: '-r x',
  };
  expect(childEnvironment(ours)).toEqual({ PATH: '/bin', HOME: '/h', TZ: 'UTC', SSH_AUTH_SOCK: '/s', LC_ALL: 'C' });
});

it('adds what the caller gives', () => {
  expect(childEnvironment({ PATH: '/bin' }, { X: 'y' })).toEqual({ PATH: '/bin', LC_ALL: 'C', X: 'y' });
});
