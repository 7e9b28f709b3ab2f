import { MultiBar } from 'cli-progress';
import type { SingleBar } from 'cli-progress';
import type { FleetProgress, HostProgress } from '@image-api/driver-p2p-precache';
import { escapeControls } from '../text/escape-controls.ts';
import type { Output } from '../world.ts';
import { fleetLine, hostLine, percent } from './fleet-text.ts';

/** A way of showing how far a fleet is. */
export interface FleetView {
  show(progress: FleetProgress): void;
  clear(): void;
}

/** A bar for each host and one for all, as far as the terminal has lines; gone when it is over. */
export function createFleetBars(stderr: Output & { readonly rows?: number }): FleetView {
  const width = stderr.columns || 80;
  const bars = new MultiBar({ stream: stderr, format: '{line}', fps: 4, clearOnComplete: true, hideCursor: false, gracefulExit: false });
  const lines: SingleBar[] = [];
  const draw = (index: number, line: string): void => {
    const payload = { line: line.slice(0, width - 1) };
    lines[index] ??= bars.create(1, 0, payload);
    lines[index].update(0, payload);
  };
  return {
    show: ({ hosts, ...all }) => {
      const room = Math.max(1, (stderr.rows || 24) - 4);
      const shown = hosts.length <= room ? hosts : hosts.filter(isAtWork).slice(0, room);
      const named = Math.max(...hosts.map(({ host }) => host.length));
      shown.forEach((host, index) => draw(index, barLine(host, named)));
      for (let index = shown.length; index < lines.length - 1; index += 1) draw(index, '');
      draw(Math.max(shown.length, lines.length - 1), fleetLine({ hosts, ...all }));
    },
    clear: () => bars.stop(),
  };
}

const barWidth = 20;

function barLine(progress: HostProgress, named: number): string {
  const done = Math.floor((percent(progress.verified, progress.size) * barWidth) / 100);
  return escapeControls(`${progress.host.padEnd(named)} [${'='.repeat(done)}${' '.repeat(barWidth - done)}] ${hostLine(progress)}`);
}

function isAtWork({ state }: HostProgress): boolean {
  return state !== 'succeeded' && state !== 'failed';
}

const silenceMs = 10_000;

/** For logs: a line for each host that comes to an end, and one for all now and then. */
export function createFleetLines(stderr: Output, now: () => number): FleetView {
  const told = new Set<string>();
  let lastAtMs = now();
  const say = (line: string): void => void stderr.write(`imagectl: ${escapeControls(line)}\n`);
  return {
    show: (progress) => {
      for (const host of progress.hosts) {
        if (isAtWork(host) || told.has(host.host)) continue;
        told.add(host.host);
        say(`${host.host} ${hostLine(host)}`);
      }
      if (now() - lastAtMs < silenceMs) return;
      lastAtMs = now();
      say(fleetLine(progress).trim());
    },
    clear: () => undefined,
  };
}
