import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Unit tests read the sources of the other packages, so that a change needs no build before its tests.
const packages = fileURLToPath(new URL('./packages/', import.meta.url));
const alias = Object.fromEntries(
  readdirSync(packages).map((folder) => [folder === 'image-api' ? folder : `@image-api/${folder}`, `${packages}${folder}/src/index.ts`]),
);

/** What measures rates and times must not wait for a machine that is busy. */
const timed = ['clone', 'control', 'interrupt', 'limits', 'live-limits', 'shared-budget', 'stream-boot', 'stream-control', 'throttle'].map(
  (name) => `apps/e2e/test/${name}.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          globalSetup: [
            './packages/host/test/build-paced-pipe.ts',
            './packages/driver-qemu-stream/test/build-keeper.ts',
            './packages/driver-p2p-precache/test/build-swarm-keeper.ts',
          ],
          // Most of their time the tests wait for children, and on a busy machine they wait longer.
          maxWorkers: Math.max(4, availableParallelism()),
          testTimeout: 20_000,
          hookTimeout: 20_000,
          include: ['packages/*/{src,test}/**/*.test.ts', 'apps/{bench,cli}/{src,test}/**/*.test.ts', 'test/**/*.test.ts'],
          typecheck: { enabled: true, include: ['packages/*/src/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
      {
        test: {
          // Each file has a lab of its own, and mostly waits for it.
          name: 'e2e',
          maxWorkers: 3,
          include: ['apps/e2e/test/**/*.test.ts'],
          exclude: timed,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // Mostly they sleep; more would be in each other's way.
          name: 'e2e-timed',
          maxWorkers: 3,
          include: timed,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
