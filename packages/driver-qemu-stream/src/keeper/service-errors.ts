import { ImageError } from '@image-api/driver';
import { QmpError } from '@image-api/qmp';
import { StalledError } from './stall-watch.ts';

/** Whether a daemon does not move any more. */
export function isHung(error: unknown): boolean {
  return error instanceof StalledError || (error instanceof QmpError && error.kind === 'timeout');
}

export function stalled(from: string, stallMs: number): ImageError {
  const seconds = Math.round(stallMs / 100) / 10;
  const message = `${from}: nothing came for ${seconds} s; check the source and this machine's disk. The same copy goes on from what is there`;
  return new ImageError(message, { code: 'STALLED', origin: 'driver', driver: 'qemu-stream', retryable: true });
}

export function onOtherTerms(): ImageError {
  const words =
    'the image is still handed out by an earlier copy that was asked for something else; detach what uses it, or ask for the same';
  return new ImageError(words, { code: 'DESTINATION_BUSY', origin: 'destination', driver: 'qemu-stream' });
}
