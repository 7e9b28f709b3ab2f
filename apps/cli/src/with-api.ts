import type { ImageApi } from 'image-api';
import { cancelled } from './failure/to-image-error.ts';
import type { CommandFlags } from './flags/flags.ts';
import type { World } from './world.ts';

/** Do something with the configured drivers, and end what they started, whatever happens. */
export async function withApi<T>(world: World, flags: CommandFlags, work: (api: ImageApi) => Promise<T>): Promise<T> {
  // Whoever runs us by hand wants to steer us by hand.
  const api = await world.createApi({ ...(await world.loadConfig(flags)), control: true });
  try {
    return await work(api);
  } finally {
    await api.dispose();
  }
}

/** What `work` answers, unless we are asked to end before. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let give: (error: Error) => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => (give = reject));
  const listen = (): void => give(cancelled(`cancelled: ${String(signal.reason)}`));
  if (signal.aborted) listen();
  signal.addEventListener('abort', listen, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', listen);
  }
}
