#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { asksForIdle, giveWay } from './give-way.js';

const built = new URL('../dist/main.js', import.meta.url);
if (!existsSync(built)) {
  process.stderr.write('imagectl: this checkout is not built yet; run `npm run setup` in it once, then try again\n');
  process.exit(1);
}
if (asksForIdle(process.argv)) giveWay();
const { runProcess } = await import(built.href);
await runProcess(process);
