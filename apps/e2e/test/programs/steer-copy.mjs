// Start a copy and steer it by lines on standard input: `limit BYTES`, `limit none`, `pause`, `resume`; `ready` waits until the image can
// be used, and `release` lets go of it. Each is answered by a line of JSON that says how long it took, for `ready` since the copy was
// asked for; the last line is the result. When nobody is left to steer it, it is cancelled.
import { createInterface } from 'node:readline';
import { createImageApi } from 'image-api';

const [from = '', to = '', driver = '', options = '{}'] = process.argv.slice(2);
const api = createImageApi({ drivers: [driver] });
const askedAt = performance.now();
const task = api.copy(from, to, JSON.parse(options));

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => void obey(line));
process.stdin.once('end', () => void task.cancel());

const { verified, counters, incomplete } = await task.wait();
console.log(JSON.stringify({ verb: 'result', driver: task.driver, verified, counters, incomplete }));
orders.close();
await api.dispose();

/** @param {string} line */
async function obey(line) {
  const [verb, value] = line.split(' ');
  const startedAt = verb === 'ready' ? askedAt : performance.now();
  let inForce;
  let uri;
  if (verb === 'ready') ({ uri } = await task.ready());
  else if (verb === 'release') await task.image?.release();
  else if (verb === 'limit') inForce = await task.setLimits(value === 'none' ? {} : { bandwidth: Number(value) });
  else if (verb === 'pause') await task.pause();
  else await task.resume();
  console.log(JSON.stringify({ verb, inForce, uri, state: task.state, ms: performance.now() - startedAt }));
}
