import { connect } from 'node:net';
import { createMessageReader, lineOf } from './messages.ts';
import type { PumpNews, PumpSettings } from './messages.ts';

/** The line from a pump to its owner. */
export interface OwnerLine {
  tell(news: PumpNews): void;
  /** Tell the last word; resolves when it is on its way. */
  close(news: PumpNews): Promise<void>;
}

/** Call the owner. Settings come as soon as he answers; `onLost` is called when he is gone, or never answered. */
export function callOwner(path: string, onSettings: (settings: PumpSettings) => void, onLost: () => void): OwnerLine {
  const socket = connect(path);
  let isClosing = false;
  socket.setEncoding('utf8');
  socket.on(
    'data',
    createMessageReader((message) => onSettings(message as PumpSettings)),
  );
  socket.on('error', () => undefined);
  socket.once('close', () => isClosing || onLost());
  return {
    tell: (news) => void (socket.writable && socket.write(lineOf(news))),
    close: (news) => {
      isClosing = true;
      return new Promise((resolve) => {
        socket.once('close', () => resolve());
        if (socket.writable) socket.end(lineOf(news), resolve);
        else resolve();
      });
    },
  };
}
