import { buildProgram } from '../../host/test/build-program.ts';

/** Before all tests: the keeper is a program of its own. */
export async function setup(): Promise<void> {
  await buildProgram({
    entry: 'driver-qemu-stream/src/keeper/main.ts',
    built: 'driver-qemu-stream/dist/keeper.js',
    parts: ['driver', 'host', 'qmp', 'driver-qemu-stream'],
  });
}
