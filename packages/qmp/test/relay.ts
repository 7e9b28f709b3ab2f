import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';

/** A socket that leads to another, and whose connections can be cut. */
export interface Relay extends AsyncDisposable {
  cut(): void;
}

export async function startRelay(path: string, to: string): Promise<Relay> {
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection(to);
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => undefined).on('close', () => ends.delete(end));
    }
    near.pipe(far).pipe(near);
  });
  await once(server.listen(path), 'listening');
  const cut = (): void => ends.forEach((end) => end.destroy());
  return {
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await once(server.close(), 'close');
    },
  };
}
