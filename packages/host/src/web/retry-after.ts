/** How long a server asks us to wait, by its `Retry-After`: seconds, or a date. 0 when it does not say. */
export function retryAfterMs(text: string | undefined, now: number = Date.now()): number {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const until = Date.parse(text);
  return Number.isNaN(until) ? 0 : Math.max(0, until - now);
}
