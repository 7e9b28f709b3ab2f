import { beforeAll, describe, vi } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { diskCells } from '../src/faults-far/disk-cells.ts';
import { loginCells, loginHosts } from '../src/faults-far/login-cells.ts';
import { nameCells, rivalCells } from '../src/faults-far/name-cells.ts';
import { prepareShells, shellCells, shellHosts } from '../src/faults-far/shell-cells.ts';
import { sourceCells } from '../src/faults-far/source-cells.ts';

vi.setConfig({ maxConcurrency: 8 });

const hosts = { alpha: {}, ...loginHosts, ...shellHosts };
const tools = ['losetup', 'findmnt', 'mkfs.ext4', 'e2fsck', 'mkfs.btrfs', 'qemu-storage-daemon'];

describeLab('faults of one end of a copy over ssh', { hosts, tools, sideBySide: true }, (lab) => {
  beforeAll(() => prepareShells(lab()));

  describe.concurrent('the disk', () => {
    diskCells(lab);
  });
  describe.concurrent('the source', () => {
    sourceCells(lab);
  });
  describe.concurrent('the name', () => {
    nameCells(lab);
  });
  describe.concurrent('two copies', () => {
    rivalCells(lab);
  });
  describe.concurrent('the login', () => {
    loginCells(lab);
  });
  describe.concurrent('the shell', () => {
    shellCells(lab);
  });
});
