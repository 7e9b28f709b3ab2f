/**
 * What the kernel says in `/proc/pressure/io`: for how long, since it was started, at least one task at a time waited for a disk. The
 * running total, because the averages beside it are as slow as ten seconds.
 *
 * @returns milliseconds, a weighted mean over the processors; `undefined` for other text
 */
export function parsePressure(text: string): number | undefined {
  const [, total] = /^some .*\btotal=(\d+)$/m.exec(text) ?? [];
  return total === undefined ? undefined : Number(total) / 1000;
}
