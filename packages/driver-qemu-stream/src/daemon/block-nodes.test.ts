import { describe, expect, it } from 'vitest';
import { copyOnReadNode, fileNode, formatNode, nbdNode } from './block-nodes.ts';

describe('the nodes of a block graph', () => {
  it('open a file by its path, whatever is in the name', () => {
    expect(fileNode('a', 'json:{"driver":"null-co"}', { readOnly: true })).toEqual({
      driver: 'file',
      'node-name': 'a',
      filename: 'json:{"driver":"null-co"}',
      'read-only': true,
      'auto-read-only': false,
    });
  });

  it('never let a header name a backing file', () => {
    expect(formatNode('b', 'qcow2', 'a', { readOnly: true })).toMatchObject({ driver: 'qcow2', backing: null });
    expect(formatNode('b', 'qcow2', 'a', { backing: 'c' })).toMatchObject({ backing: 'c', discard: 'unmap' });
    expect(formatNode('b', 'raw', 'a')).not.toHaveProperty('backing');
  });

  it('call formats what QEMU calls them', () => {
    expect(formatNode('b', 'vhd', 'a').driver).toBe('vpc');
    expect(formatNode('b', 'gpt', 'a').driver).toBe('raw');
  });

  it('reach an NBD server at a socket or a port', () => {
    expect(nbdNode('n', { path: '/s' }, 'disk', { readOnly: true })).toMatchObject({
      server: { type: 'unix', path: '/s' },
      export: 'disk',
    });
    expect(nbdNode('n', { host: '::1', port: 10_809 }, '', { reconnectSeconds: 5 })).toMatchObject({
      server: { type: 'inet', host: '::1', port: '10809' },
      'reconnect-delay': 5,
    });
  });

  it('pass on what a guest discards', () => {
    expect(copyOnReadNode('c', 'b')).toEqual({ driver: 'copy-on-read', 'node-name': 'c', file: 'b', discard: 'unmap' });
  });
});
