import { describeDriver, stageFiles } from '@image-api/conformance';
import { describeBetweenMachines } from '../../host/test/between-machines.ts';
import { scp } from '../src/index.ts';

describeBetweenMachines(false, (hosts) => {
  describeDriver('scp from host to host, through here', {
    create: () => scp(),
    hosts,
    stage: stageFiles({ from: { host: 'other' }, to: { host: 'box' } }),
  });
});
