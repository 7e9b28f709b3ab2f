import { exitStatusOf, startFarEnd } from './far-end.ts';
import { nodeVariable, socketVariable } from './messages.ts';
import { callOwner } from './owner-line.ts';
import { Pump } from './pump.ts';

const countersEveryMs = 50;

// rsync ends its children by SIGUSR1, which would open the inspector of Node; on the way out there is nothing to save.
let terminate = (): void => process.exit(1);
for (const signal of ['SIGUSR1', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => terminate());

const { [socketVariable]: socket = '', [nodeVariable]: _node, ...environment } = process.env;
const far = startFarEnd(process.argv.slice(2), environment);
const pump = new Pump(far);
terminate = () => {
  pump.terminate();
  // One that does not go by itself is killed meanwhile.
  setTimeout(() => process.exit(1), 1500).unref();
};
const owner = callOwner(
  socket,
  (settings) => {
    pump.set(settings);
    owner.tell({ inForce: settings.number, counters: pump.counters });
  },
  // A pipe that is paused, or limited, and has no owner would stay for ever.
  () => terminate(),
);

let told = 0;
const telling = setInterval(() => {
  const { up, down } = pump.counters;
  if (up + down !== told) owner.tell({ counters: { up, down } });
  told = up + down;
}, countersEveryMs);

const end = await pump.run();
clearInterval(telling);
await owner.close({ counters: pump.counters, end });
process.exit(exitStatusOf(end));
