import { ImageError } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { EventLog } from './event-log.ts';
import type { Progress } from './task.ts';

function at(bytesLogical: number): Progress {
  return { phase: 'copy', bytesLogical, bytesRead: 0, bytesSent: 0, bytesSkipped: 0, rate: 0 };
}

async function all(log: EventLog): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of log.read()) events.push(event.type === 'progress' ? event.progress.bytesLogical : event.type);
  return events;
}

describe('EventLog', () => {
  it('gives a late reader every event, and of progress the newest', async () => {
    const log = new EventLog();
    log.push({ type: 'state', state: 'running' });
    log.push({ type: 'progress', progress: at(1) });
    log.push({ type: 'progress', progress: at(2) });
    log.push({ type: 'error', error: new ImageError('no', { code: 'INTERNAL', origin: 'core' }) });
    expect(await all(log)).toEqual(['state', 2, 'error']);
  });

  it('gives every reader every event', async () => {
    const log = new EventLog();
    const readers = [all(log), all(log)];
    log.push({ type: 'state', state: 'running' });
    await new Promise((resolve) => setImmediate(resolve));
    log.push({ type: 'progress', progress: at(1) });
    await new Promise((resolve) => setImmediate(resolve));
    log.push({ type: 'progress', progress: at(2) });
    log.push({ type: 'error', error: new ImageError('no', { code: 'INTERNAL', origin: 'core' }) });
    for (const events of await Promise.all(readers)) expect(events).toEqual(['state', 1, 2, 'error']);
  });

  it('takes nothing after the last event', async () => {
    const log = new EventLog();
    log.push({ type: 'error', error: new ImageError('no', { code: 'INTERNAL', origin: 'core' }) });
    log.push({ type: 'state', state: 'running' });
    expect(await all(log)).toEqual(['error']);
  });
});
