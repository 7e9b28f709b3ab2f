import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';

/** Bytes for people: `1.5 GiB`. */
export function formatSize(bytes: number): string {
  return prettyBytes(Math.round(bytes), { binary: true });
}

/** Bytes for people and to the byte: `1.5 GiB (1610612736 bytes)`. */
export function formatExactSize(bytes: number): string {
  return bytes < 1024 ? formatSize(bytes) : `${formatSize(bytes)} (${bytes} bytes)`;
}

/** A measured speed for people, in bytes per second: `83.2 MiB/s`. */
export function formatSpeed(bytesPerSecond: number): string {
  return `${formatSize(bytesPerSecond)}/s`;
}

/** A time for people: `350ms`, `12.3s`, `4m 2s`, `3h 12m`. */
export function formatSeconds(seconds: number): string {
  return prettyMilliseconds(Math.max(0, seconds) * 1000, { unitCount: 2, secondsDecimalDigits: seconds < 60 ? 1 : 0 });
}
