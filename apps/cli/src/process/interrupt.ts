import { cancelled } from '../failure/to-image-error.ts';

/** What a process hears from outside while it runs. */
export interface Interrupt {
  /** Aborted by the first signal that asks us to end; the reason says which. */
  readonly signal: AbortSignal;
  /** Rejects with CANCELLED when clean-up has taken too long after that; else never settles. */
  readonly gaveUp: Promise<never>;
  /** Hear no more. */
  stop(): void;
}

/** How long clean-up may take after the first signal, and after another one: somebody is in a hurry. */
export interface Patience {
  readonly firstMs: number;
  readonly hurriedMs: number;
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function watchSignals(
  process: Pick<NodeJS.Process, 'on' | 'off'>,
  patience: Patience = { firstMs: 20_000, hurriedMs: 2_000 },
): Interrupt {
  const controller = new AbortController();
  let giveUp: (error: Error) => void = () => undefined;
  const gaveUp = new Promise<never>((_, reject) => (giveUp = reject));
  gaveUp.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = (): void =>
    giveUp(cancelled('cancelled, but its clean-up did not end in time: a hidden .part file may be left beside the destination'));
  const hear = (name: NodeJS.Signals): void => {
    const isFirst = !controller.signal.aborted;
    clearTimeout(timer);
    timer = setTimeout(late, isFirst ? patience.firstMs : patience.hurriedMs);
    controller.abort(`interrupted by ${name}`);
  };
  for (const name of endings) process.on(name, hear);
  return {
    signal: controller.signal,
    gaveUp,
    stop: () => {
      clearTimeout(timer);
      for (const name of endings) process.off(name, hear);
    },
  };
}
