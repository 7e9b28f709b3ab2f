import { expect, it } from 'vitest';
import type { KnownEndpoint } from '@image-api/driver';
import { cloneCommand } from './cp-args.ts';

const file = (path: string): KnownEndpoint => ({
  scheme: 'file',
  path,
  params: {},
  href: `file://${path}`,
  facts: { kind: 'file', size: 1 },
});

it('asks for shared blocks or an error, and never about modes, so that a private file stays private', () => {
  expect(cloneCommand({ from: file('-a'), to: file('/b') })).toEqual({ tool: 'cp', args: ['--reflink=always', '-T', '--', '-a', '/b'] });
});
