/** What a daemon may use of this machine. Images come from anywhere, and one can be made to burn memory and time. */
export interface DaemonLimits {
  /** Bytes of address space. */
  readonly memory: number;
  /** Seconds of processor time. Absent: as many as it takes, which is right where a guest decides how much there is to do. */
  readonly cpuSeconds?: number;
}

/**
 * The words after `prlimit` that start a storage daemon with a monitor at a private socket, and nothing else yet: all of its graph is
 * built over the monitor, by node names and explicit formats. No core dumps, which would hold what is on a disk.
 */
export function daemonArgs(monitorPath: string, { memory, cpuSeconds }: DaemonLimits): string[] {
  return [
    '--core=0',
    `--as=${memory}`,
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
    '--',
    'qemu-storage-daemon',
    '--chardev',
    `socket,id=monitor,path=${escapeCommas(monitorPath)},server=on,wait=off`,
    '--monitor',
    'chardev=monitor',
  ];
}

/** QEMU splits the values of its options at commas, and takes two for one of the text. */
function escapeCommas(text: string): string {
  return text.replaceAll(',', ',,');
}
