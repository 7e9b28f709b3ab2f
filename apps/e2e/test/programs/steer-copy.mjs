// Start a copy and steer it by lines on standard input: `limit BYTES`, `limit none`, `pause`, `resume`. Each is answered by a line of JSON
// that says how long it took; the last line is the result.
import { createInterface } from 'node:readline';
import { createImageApi } from 'image-api';

const [from = '', to = '', driver = '', bandwidth = ''] = process.argv.slice(2);
const api = createImageApi({ drivers: [driver] });
const task = api.copy(from, to, { limit: Number(bandwidth) });

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => void obey(line));

const { verified, counters } = await task.wait();
console.log(JSON.stringify({ verb: 'result', driver: task.driver, verified, counters }));
orders.close();
await api.dispose();

/** @param {string} line */
async function obey(line) {
  const [verb, value] = line.split(' ');
  const startedAt = performance.now();
  let inForce;
  if (verb === 'limit') inForce = await task.setLimits(value === 'none' ? {} : { bandwidth: Number(value) });
  else if (verb === 'pause') await task.pause();
  else await task.resume();
  console.log(JSON.stringify({ verb, inForce, state: task.state, ms: performance.now() - startedAt }));
}
