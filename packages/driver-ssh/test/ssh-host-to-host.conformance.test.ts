import { describeDriver, stageFiles } from '@image-api/conformance';
import { describeBetweenMachines } from '../../host/test/between-machines.ts';
import { ssh } from '../src/index.ts';

describeBetweenMachines(true, (hosts) => {
  describeDriver('ssh straight from host to host', {
    create: () => ssh(),
    hosts,
    stage: stageFiles({ from: { host: 'box' }, to: { host: 'other' } }),
    knownFailures: {
      'errors: tells a disk that is full': 'the small disk is mounted on one of the two machines only',
    },
  });
});
