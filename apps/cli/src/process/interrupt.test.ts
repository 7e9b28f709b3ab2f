import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { watchSignals } from './interrupt.ts';

function listen(patience: { readonly firstMs: number; readonly hurriedMs: number }) {
  const process = new EventEmitter();
  return { process, interrupt: watchSignals(process as unknown as NodeJS.Process, patience) };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s aborts, and the reason names it', (name) => {
  const { process, interrupt } = listen({ firstMs: 60_000, hurriedMs: 60_000 });
  process.emit(name, name);
  expect(interrupt.signal.aborted).toBe(true);
  expect(interrupt.signal.reason).toBe(`interrupted by ${name}`);
  interrupt.stop();
});

it('gives up waiting for clean-up, in the end', async () => {
  const { process, interrupt } = listen({ firstMs: 20, hurriedMs: 60_000 });
  process.emit('SIGTERM', 'SIGTERM');
  await expect(interrupt.gaveUp).rejects.toMatchObject({ code: 'CANCELLED' });
  interrupt.stop();
});

it('gives up sooner after a second signal, which changes nothing else', async () => {
  const { process, interrupt } = listen({ firstMs: 60_000, hurriedMs: 20 });
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGTERM', 'SIGTERM');
  await expect(interrupt.gaveUp).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(interrupt.signal.reason).toBe('interrupted by SIGINT');
  interrupt.stop();
});

it('hears no more after it was stopped', () => {
  const { process, interrupt } = listen({ firstMs: 20, hurriedMs: 20 });
  interrupt.stop();
  process.emit('SIGINT', 'SIGINT');
  expect(interrupt.signal.aborted).toBe(false);
  expect(process.eventNames()).toEqual([]);
});
