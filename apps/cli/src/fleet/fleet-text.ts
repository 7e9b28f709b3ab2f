import { exitStatus } from '@image-api/driver';
import type { FleetProgress, FleetReport, HostProgress, HostReport, HostState } from '@image-api/driver-p2p-precache';
import { formatSeconds, formatSize, formatSpeed } from '../text/format-quantity.ts';
import { table } from '../text/table.ts';

/** How far all are, in one line. */
export function fleetLine({ hosts, originSent, originRate }: FleetProgress): string {
  const [size, verified] = [sum(hosts, 'size'), sum(hosts, 'verified')];
  const have = hosts.filter(({ state }) => state === 'succeeded').length;
  const failed = hosts.filter(({ state }) => state === 'failed').length;
  return [
    `${String(percent(verified, size)).padStart(3)} %`,
    `${have} of ${hosts.length} hosts have it${failed > 0 ? `, ${failed} failed` : ''}`,
    `${formatSize(originSent)} went out of here`,
    ...(originRate > 0 ? [formatSpeed(originRate)] : []),
  ].join('  ');
}

/** How far one is, behind its name. */
export function hostLine({ state, verified, size, rate, error }: HostProgress): string {
  if (state === 'failed' || state === 'retrying') return `${stateWords[state]}: ${error?.message ?? ''}`;
  const parts = [stateWords[state], `${String(percent(verified, size)).padStart(3)} %`, ...(rate > 0 ? [formatSpeed(rate)] : [])];
  return parts.join('  ');
}

const stateWords: Readonly<Record<HostState, string>> = {
  connecting: 'connects',
  waiting: 'waits for another',
  checking: 'looks what it has',
  downloading: 'fetches',
  verifying: 'checks the whole',
  retrying: 'tries again',
  succeeded: 'has it',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** What came of it: one line, and one for each host. */
export function reportText(report: FleetReport): string {
  const { hosts, size, originSent, seconds } = report;
  const have = hosts.filter(({ outcome }) => outcome !== 'failed').length;
  const copies = (originSent / Math.max(1, size)).toFixed(2);
  const head = `${have} of ${hosts.length} hosts have it after ${formatSeconds(seconds)}; ${formatSize(originSent)} went out of this machine, ${copies} times the image`;
  const rows = hosts.map((host) => [host.host, ...outcomeWords(host)]);
  return `imagectl: ${head}\n${table(rows, '  ')}`;
}

/** In two columns: the words of an error may be many. */
function outcomeWords(host: HostReport): readonly [string, string] {
  const { outcome, seconds, error } = host;
  if (outcome === 'present') return ['had it', ''];
  return outcome === 'fetched' ? [formatSeconds(seconds), bytesText(host)] : [outcome, error?.message ?? ''];
}

function bytesText({ fromPeers, fromOrigin, savedByZeros, savedByOlder, resumed, wasted, banned }: HostReport): string {
  const saved = [
    ...(savedByZeros > 0 ? [`${formatSize(savedByZeros)} zeros`] : []),
    ...(savedByOlder > 0 ? [`${formatSize(savedByOlder)} of an older image`] : []),
    ...(resumed > 0 ? [`${formatSize(resumed)} of an earlier try`] : []),
    ...(wasted > 0 ? [`${formatSize(wasted)} came in vain`] : []),
    ...banned.map((address) => `garbage came from ${address}`),
  ];
  return [`${formatSize(fromOrigin)} from here`, `${formatSize(fromPeers)} from others`, ...saved].join(', ');
}

/** 0 when everybody has it; else the status of what went wrong, where that was the same everywhere, or 1. */
export function fleetStatus({ hosts }: FleetReport): number {
  const statuses = new Set(hosts.flatMap(({ outcome, error }) => (outcome === 'failed' ? [error ? exitStatus(error.code) : 1] : [])));
  const [first = 0] = statuses;
  return statuses.size > 1 ? 1 : first;
}

function sum(hosts: readonly HostProgress[], field: 'size' | 'verified'): number {
  return hosts.reduce((total, host) => total + host[field], 0);
}

export function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((part / whole) * 100);
}
