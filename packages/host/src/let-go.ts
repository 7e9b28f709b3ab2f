import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

/** Less is not worth a call. */
const leastLength = 16_384;
/** Nobody listens at its other end. */
let nowhere: MessagePort | undefined;

/**
 * Give memory back now, not when it is collected: V8 lets some tens of MiB that lie outside its heap pile up before it looks for them. What is
 * sent to nobody is freed at once, since who sends it has it no longer.
 *
 * @param bytes nobody uses them any more: they have no length afterwards. What is but a part of some memory stays as it is.
 */
export function letGo(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (bytes.length < leastLength || bytes.length < buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  nowhere ??= openNowhere();
  nowhere.postMessage(undefined, [buffer]);
}

function openNowhere(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.unref();
  return port1;
}
