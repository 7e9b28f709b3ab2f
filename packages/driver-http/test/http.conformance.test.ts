import { afterAll, beforeAll } from 'vitest';
import { describeDriver } from '@image-api/conformance';
import { http } from '../src/index.ts';
import { startFileServer } from './file-server.ts';
import type { FileServer } from './file-server.ts';
import { stageWeb } from './stage-web.ts';

let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => server.close());

describeDriver('http', { create: () => http(), stage: stageWeb(() => server) });
describeDriver('http over one connection', { create: () => http({ connections: 1 }), stage: stageWeb(() => server) });
