import type { StreamFrom } from './messages.ts';

/** How a person calls the source of a stream. */
export function nameOf(from: StreamFrom): string {
  if (from.kind === 'web' || from.kind === 'ssh') return from.href;
  if (from.kind !== 'nbd') return from.path;
  const { at, exportName } = from;
  return `${exportName || 'the disk'} at ${'path' in at ? at.path : `${at.host}:${at.port}`}`;
}

/** Whether it is behind a network, and what fails now may work later. */
export function isRemote({ kind }: StreamFrom): boolean {
  return kind !== 'file' && kind !== 'host_device';
}
