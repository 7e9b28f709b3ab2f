/** What the kernel needs to see its disks, in the order in which they depend on one another. */
export const guestModules: readonly string[] = [
  'virtio_ring',
  'virtio',
  'virtio_pci_legacy_dev',
  'virtio_pci_modern_dev',
  'virtio_pci',
  'virtio_blk',
];

/** The first program of the guest, in its memory: finds the disks, and goes on from the one that is named `root=`, if any. */
export const guestStart: string = String.raw`#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in ${guestModules.join(' ')}; do insmod "/lib/modules/$module.ko"; done
root=$(sed -n 's/.* root=\([^ ]*\).*/\1/p' /proc/cmdline)
[ -n "$root" ] || exec /sbin/init
mount -o rw "$root" /mnt || exec poweroff -f
for directory in proc sys dev; do mount --move "/$directory" "/mnt/$directory"; done
exec switch_root /mnt /sbin/init
`;

/**
 * Runs the commands of a test: one in base64 on each line, answered by a line with its exit status and the length of what it
 * printed, and by that.
 */
export const guestAgent: string = String.raw`#!/bin/sh
[ $$ -ne 1 ] || for directory in /tmp /run; do mount -t tmpfs own "$directory"; done
exec </dev/ttyS1 >/dev/ttyS1 2>/dev/console
stty raw -echo
echo listening
while read -r line; do
  echo "$line" | base64 -d >/tmp/command
  status=0
  sh /tmp/command </dev/null >/tmp/output 2>&1 || status=$?
  echo "$status $(stat -c %s /tmp/output)"
  cat /tmp/output
done
`;

/** The command that ends the guest with its filesystem clean. */
export const guestPowerOff: string = String.raw`
if [ -d /run/systemd/system ]; then exec systemctl poweroff; fi
sync
mount -o remount,ro / 2>/dev/null
exec poweroff -f
`;
