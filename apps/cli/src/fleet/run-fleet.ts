import { precache } from '@image-api/driver-p2p-precache';
import type { Entry, FleetEvent, FleetReport } from '@image-api/driver-p2p-precache';
import { serveControl } from 'image-api';
import { failureRecord } from '../failure/failure-record.ts';
import type { PrecacheFlags } from '../flags/flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import type { World } from '../world.ts';
import { createFleetBars, createFleetLines } from './fleet-view.ts';
import type { FleetView } from './fleet-view.ts';
import { fleetStatus, reportText } from './fleet-text.ts';
import type { FleetChoice } from './read-fleet-flags.ts';
import { steerableFleet } from './steerable-fleet.ts';

/** Send an image that is in the cache here to other hosts, tell how it goes, and what came of it. */
export async function runFleet(
  entry: Entry,
  { hosts, options }: FleetChoice,
  flags: PrecacheFlags,
  world: World,
  configFile: string | undefined,
): Promise<{ readonly report: FleetReport; readonly status: number }> {
  const task = precache(entry, hosts, { ...options, ssh: { configFile }, signal: world.signal });
  const fleet = steerableFleet(task, entry.path, hosts);
  const control = serveControl(() => [fleet]);
  const view = flags.quiet ? undefined : viewFor(flags, world);
  const interrupted = (): void => {
    view?.clear();
    world.stderr.write(`imagectl: ${escapeControls(String(world.signal.reason))}, cleaning up\n`);
  };
  world.signal.addEventListener('abort', interrupted, { once: true });
  try {
    for await (const event of task) tell(event, flags, world, view);
    const report = await task.wait();
    view?.clear();
    if (!flags.quiet || fleetStatus(report) > 0) world.stderr.write(escapeLinesOf(reportText(report)));
    return { report, status: fleetStatus(report) };
  } finally {
    await control.close();
    world.signal.removeEventListener('abort', interrupted);
    view?.clear();
  }
}

/** What came of it, as the fields of the last line. */
export function reportRecord({ hosts, originSent, seconds }: FleetReport): object {
  return { hosts: hosts.map(({ error, ...host }) => ({ ...host, ...(error && { error: failureRecord(error) }) })), originSent, seconds };
}

function tell(event: FleetEvent, flags: PrecacheFlags, { stdout, stderr, signal }: World, view: FleetView | undefined): void {
  if (flags.json) stdout.write(jsonLine(recordOf(event)));
  if (signal.aborted) return;
  if (event.type === 'progress') view?.show(event.progress);
  else {
    view?.clear();
    if (!flags.quiet) stderr.write(`imagectl: everybody goes on handing it out for ${formatSeconds(event.seconds)}; Ctrl-C ends it\n`);
  }
}

function recordOf(event: FleetEvent): object {
  if (event.type === 'lingering') return { ...event, peers: event.peers.map(({ host, port }) => `${host}:${port}`) };
  const { hosts, ...all } = event.progress;
  return { type: 'fleet', ...all, hosts: hosts.map(({ error, ...host }) => ({ ...host, ...(error && { error: failureRecord(error) }) })) };
}

/** The table has lines of its own; what is in its cells was escaped already. */
function escapeLinesOf(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

function viewFor({ json }: PrecacheFlags, { stdout, stderr, now, environment }: World): FleetView {
  const live = stderr.isTTY === true && environment['TERM'] !== 'dumb' && !(json && stdout.isTTY);
  return live ? createFleetBars(stderr) : createFleetLines(stderr, now);
}
