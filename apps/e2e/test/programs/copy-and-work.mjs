// Start a copy, do other work meanwhile, wait for it. Prints what it saw as one JSON object.
import { readdirSync, readFileSync } from 'node:fs';
import { copy } from 'image-api';

const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
const [from = '', to = '', directory = ''] = process.argv.slice(2);

const files = readdirSync(directory).length;
const task = copy(from, to);
const atOnce = {
  state: task.state,
  plan: task.plan === undefined,
  children: children(),
  made: readdirSync(directory).length - files,
  thenable: 'then' in task,
};

// Returned from an async function the task is handed on, not awaited.
const handedOn = await (async () => task)();
const handedOnRunning = handedOn === task && !['succeeded', 'failed', 'cancelled'].includes(task.state);

let worked = 0;
const timer = setInterval(() => (worked += 1), 5);
const result = await task.wait();
clearInterval(timer);
console.log(JSON.stringify({ atOnce: { ...atOnce, handedOnRunning }, worked, result, state: task.state }));
