/**
 * A disk of a guest, as `-blockdev` takes it. Its node is called `disk0`, `disk1`… unless it names itself, and its device
 * `virtio0`, `virtio1`…; the guest sees `/dev/vda`, `/dev/vdb`….
 */
export type GuestDisk = Readonly<Record<string, unknown>>;

export interface GuestArgs {
  readonly kernel: string;
  readonly initramfs: string;
  readonly disks: readonly GuestDisk[];
  /** What the guest mounts as its root and goes on from, such as `/dev/vda`; without it the guest stays in its memory. */
  readonly root?: string;
  readonly memoryMebibytes: number;
  /** Where its control socket and the text of its console go. */
  readonly directory: string;
  readonly more: readonly string[];
}

/** The arguments of the emulator: commands go in and answers come out by its standard input and output. */
export function guestArgs({ kernel, initramfs, disks, root, memoryMebibytes, directory, more }: GuestArgs): readonly string[] {
  const kernelWords = ['console=ttyS0', 'panic=-1', 'nokaslr', 'mitigations=off', 'tsc=reliable', 'random.trust_cpu=on'];
  const rootWords = root === undefined ? [] : [`root=${root}`, 'rw'];
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-accel', 'tcg', '-cpu', 'max', '-m', String(memoryMebibytes)],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', [...kernelWords, ...rootWords].join(' ')],
    ...['-serial', `file:${directory}/console.log`, '-serial', 'stdio'],
    ...['-qmp', `unix:${directory}/qmp.sock,server=on,wait=off`],
    ...disks.flatMap((disk, index) => diskArgs(disk, index)),
    ...more,
  ];
}

function diskArgs(disk: GuestDisk, index: number): readonly string[] {
  const node = { 'node-name': `disk${index}`, ...disk };
  return [
    '-blockdev',
    JSON.stringify(node),
    '-device',
    JSON.stringify({ driver: 'virtio-blk-pci', id: `virtio${index}`, drive: node['node-name'] }),
  ];
}

export function rawDisk(filename: string): GuestDisk {
  return { driver: 'raw', file: { driver: 'file', filename } };
}

/** The disk behind `nbd+unix:///export?socket=/path` or `nbd://host:port/export`. */
export function nbdDisk(uri: string): GuestDisk {
  const { protocol, hostname, port, pathname, searchParams } = new URL(uri);
  const server =
    protocol === 'nbd+unix:' ? { type: 'unix', path: searchParams.get('socket') } : { type: 'inet', host: hostname, port: port || '10809' };
  return { driver: 'raw', file: { driver: 'nbd', server, export: decodeURIComponent(pathname.slice(1)) } };
}
