import { buildProgram } from './build-program.ts';

/** Before all tests: the pump is a program of its own and is run from its build, which is to be of the sources as they are. */
export async function setup(): Promise<void> {
  await buildProgram({ entry: 'host/src/paced-pipe/main.ts', built: 'host/dist/paced-pipe.js', parts: ['driver', 'host'] });
}
