import { onExit } from 'signal-exit';

const actions = new Set<() => void>();
let stopListening: (() => void) | undefined;

/**
 * Do something, synchronously, when this process ends in a way it can notice: normally, by an exception nobody caught, by a
 * signal such as Ctrl-C. Returns the function that takes it back.
 */
export function atExit(action: () => void): () => void {
  actions.add(action);
  stopListening ??= onExit(runAll, { alwaysLast: true });
  return () => forget(action);
}

function runAll(): void {
  for (const action of actions) action();
}

/** Signal handlers stay only while there is something to do: a library should not change how a program ends. */
function forget(action: () => void): void {
  actions.delete(action);
  if (actions.size > 0) return;
  stopListening?.();
  stopListening = undefined;
}
