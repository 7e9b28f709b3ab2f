import { copyOutMode } from '../../src/modes/copy-out/copy-out-mode.ts';
import { qemuStreamOptions } from '../../src/qemu-stream-options.ts';
import { beginMode, fileAt, requestOf } from '../run-mode.ts';

/** Copy a running disk slowly, until somebody ends this process: `copy-out <monitor> <to> <folder>`. */
const [, , path = '', to = '', folder = ''] = process.argv;
const machine = {
  scheme: 'qmp+unix',
  path,
  params: { device: 'disk0' },
  href: `qmp+unix://${path}`,
  facts: { kind: 'opaque', format: 'raw' },
} as const;
const request = requestOf(machine, await fileAt(to), { limits: { bandwidth: 2 ** 21 } });
await (
  await beginMode(copyOutMode(qemuStreamOptions()), request, folder)
).done;
