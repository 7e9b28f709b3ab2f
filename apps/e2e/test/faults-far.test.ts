import { describe, vi } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import type { FarWay } from '../src/far-promises.ts';
import { farWays } from '../src/faults-far/far-ways.ts';
import { hungCells } from '../src/faults-far/hung-cells.ts';
import { killCells } from '../src/faults-far/kill-cells.ts';
import { networkCells, networkFaults, networkHosts } from '../src/faults-far/network-cells.ts';

// Most of them wait, for a network or for a clock.
vi.setConfig({ maxConcurrency: 14 });

const hosts = { ...networkHosts(), alpha: {}, beta: {}, gamma: { admits: ['here'] } };

describeLab('faults between machines', { hosts, tools: ['nft', 'ss', 'tc'], sideBySide: true }, (lab) => {
  describe.concurrent('the network', () => {
    for (const fault of networkFaults) networkCells(lab, fault);
  });

  describe.concurrent('a far side that hangs', () => {
    hungCells(lab);
  });

  describe.concurrent.each(Object.keys(farWays) as FarWay[])('killed: %s', (way) => {
    killCells(lab, way);
  });
});
