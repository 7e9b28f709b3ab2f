import { describeDriver, stageFiles } from '@image-api/conformance';
import { describeBetweenMachines } from '../../host/test/between-machines.ts';
import { rsync } from '../src/index.ts';

describeBetweenMachines(true, (hosts) => {
  describeDriver('rsync straight from host to host', {
    create: () => rsync(),
    hosts,
    stage: stageFiles({ from: { host: 'box' }, to: { host: 'other' } }),
    knownFailures: {
      'errors: tells a disk that is full': 'the small disk is mounted on one of the two machines only',
      'idle: writes by no process, and no thread of this one, of ordinary priority where it was asked for idle':
        'bytes that do not come by here cannot be held back for the disk, so an idle copy is refused',
    },
  });
});
