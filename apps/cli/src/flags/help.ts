import { exitStatuses } from './exit-statuses.ts';
import { formats, needs } from './flag-words.ts';

const statuses = (only: readonly number[] = Object.keys(exitStatuses).map(Number)): string =>
  ['', 'Exit status:', ...only.map((status) => `${String(status).padStart(5)}  ${exitStatuses[status]}`)].join('\n');

const listed = (words: object): string => Object.keys(words).join(', ');

const uris = `
An image is named by a path or a URI:
  disk.raw   /a/b.qcow2   file:///a/b    a file here, or a block device
  host:/a/b   user@host:b                a file on another host, over ssh
  ssh://user@host:22/a/b                 the same, in full
  rsync://host:873/module/b              an rsync daemon
  p2p:sha256-…                           an image in the cache of this machine
A local name with a colon is reached as ./na:me, one with a leading dash as ./-name.
What the drivers on this machine can reach: imagectl drivers`;

const units = `
Rates have a unit, and are bytes per second inside:
  50MiB/s  1024-based bytes       50MB/s  1000-based bytes       400Mbit/s  bits
A limit holds from the first byte. If no driver can keep it, nothing is copied. With auto, or
auto:100MiB/s for the most, it follows the pressure on this machine's disks. With --group it is the
budget of the whole group; without --limit, the copy joins what the group has.`;

export const mainHelp: string = `${uris}

Examples:
  imagectl copy disk.raw backup.raw
  imagectl copy disk.qcow2 root@host:/var/lib/images/disk.qcow2 --limit 20MiB/s
  imagectl plan disk.raw host:/srv/disk.raw       what would happen, and why
  imagectl doctor                                 is everything here that copies need?
${statuses()}

More on one command: imagectl copy --help`;

export const copyHelp: string = `
Needs:    ${listed(needs)}
Formats:  ${listed(formats)}
${units}

Examples:
  imagectl copy disk.raw /mnt/backup/disk.raw
  imagectl copy disk.raw host:/srv/disk.raw --limit 20MiB/s --verify sha256
  imagectl copy ssh://a/srv/disk.raw ssh://b/srv/disk.raw --overwrite replace --delta
  imagectl copy disk.raw /mnt/backup/disk.raw --priority idle
  imagectl copy disk.raw host:/srv/disk.raw --detach && imagectl tasks
  imagectl copy nbd://images.example.org/disk disk.qcow2 --to-format qcow2 --ready
  imagectl copy disk.raw host:/srv/disk.raw --json | jq -c 'select(.type == "result")'
${statuses()}

Ctrl-C cancels, cleans up and ends with 130; a second one stops waiting for the clean-up.`;

export const planHelp: string = `
Needs:    ${listed(needs)}
Formats:  ${listed(formats)}
${units}

Examples:
  imagectl plan disk.raw host:/srv/disk.raw
  imagectl plan disk.raw host:/srv/disk.raw --limit 20MiB/s --json | jq .driver

Nothing is written. The command lines are exactly those that the copy will run.
${statuses()}`;

export const driversHelp: string = `
Examples:
  imagectl drivers
  imagectl drivers --json | jq '.drivers[] | select(.availability.available) | .id'
${statuses([0, 2])}`;

export const doctorHelp: string = `
Examples:
  imagectl doctor
  imagectl doctor --json | jq '.checks[] | select(.status != "ok")'

Exit status:
    0  at least one driver can copy
    1  none can, or the config is not valid`;

export const inspectHelp: string = `
Examples:
  imagectl inspect disk.qcow2
  imagectl inspect root@host:/var/lib/images/disk.qcow2
  imagectl inspect https://images.example.org/disk.qcow2
  imagectl inspect disk.qcow2 --json | jq .virtualSize

Sizes: what a guest sees (virtual), what a reader of the file sees (file), and what
it takes on disk (allocated), which is less for a sparse file. Only headers are read, and no
name in them is followed. Of an image that is refused, every reason is printed.
${statuses([0, 2, 4, 7, 9])}`;

export const gcHelp: string = `
Examples:
  imagectl gc --dry-run
  imagectl gc --older-than 7d
  imagectl gc /var/lib/images root@host:/var/lib/images

A copy that is interrupted keeps what arrived beside its destination, under a private name, and the
same copy started again goes on from there. Nothing that a running copy uses is touched, nor any
file of another user. Copies to the same destination tidy up by themselves; this is for the others.
${statuses([0, 2, 5, 7])}`;

export const tasksHelp: string = `
Examples:
  imagectl tasks
  imagectl tasks --json | jq -c 'select(.state == "running") | [.id, .progress.rate]'

A copy is listed while it runs, whoever of this user started it with imagectl, or with the library
where its config says control: true; afterwards for an hour, with its result or what went wrong. An
image that is served on after its copy, for machines that use it, is listed as serving, with where
it is attached; it ends with the last of them.
${statuses([0, 2])}`;

export const precacheHelp: string = `
Formats:  ${listed(formats)}
${units}

Examples:
  imagectl precache root@host:/srv/golden.raw
  imagectl precache https://images.example.org/golden.raw --checksum sha256:… --limit 20MiB/s
  imagectl precache golden.raw --to web1,web2,web3 --limit 50MiB/s
  imagectl precache golden-2.raw --hosts-file fleet.txt --from-cached auto
  imagectl copy p2p:sha256-… /var/lib/vms/a.raw        by the address that precache prints
  imagectl copy root@host:/srv/golden.raw a.raw --checksum sha256:…       the same image, by its digest

The image is fetched by whichever driver the plan picks, its digest is computed, and it is kept. Every
later copy on this machine that knows the digest takes it from there.

With --to, the hosts fetch it from here and from each other, so that this machine sends it about once. A
host needs sshd and qbittorrent-nox; hosts must reach each other over TCP, ports 20000 to 32767. Nothing
runs on there when this command has ended. --limit then also holds for what each machine sends, and for
what each receives. A host that fails does not hold the others back, and the same command goes on from
what it has.
${statuses()}`;

export const publishHelp: string = `
${units}

Examples:
  imagectl publish golden.raw --manifest /srv/www/golden.json
  imagectl publish golden.raw --origin https://images.example.org/golden.raw --linger 12h
  imagectl publish --stop 9f86d081
  imagectl copy 'p2p:sha256-…?manifest=…&peer=…' /var/lib/vms/a.raw     on any machine, by the address it prints

The image is put into the cache, as by precache, and a program in the background gives it to whoever asks
for it, until its time is over. Machines that fetch it give it to each other. Where the file given with
--manifest is elsewhere, or on a web server, write that place into the address.
${statuses()}`;

const cachedImages = `
An image is named by its digest, or the beginning of it, or the p2p: address that precache prints.`;

export const cacheHelp: string = `
Examples:
  imagectl cache ls
  imagectl cache gc --max-size 50GiB --dry-run
  imagectl cache pin 9f86d081
${cachedImages}

Where the cache is, and how large it may be, the config says: options of the driver p2p-precache.`;

export const cacheListHelp: string = `
Examples:
  imagectl cache ls
  imagectl cache ls --json | jq -r '.images[] | select(.pinned) | .uri'
${statuses([0, 2])}`;

export const cacheVerifyHelp: string = `
Examples:
  imagectl cache verify
  imagectl cache verify 9f86d081
${cachedImages} Without one, all are checked.
One that is damaged is removed: the next copy of it fetches it again.
${statuses([0, 2, 4, 8])}`;

export const cacheGcHelp: string = `
Examples:
  imagectl cache gc
  imagectl cache gc --max-size 50GiB --dry-run

What was not used for longest goes first, until the rest is no larger than the cache may be. What is
pinned, in use, or was used within the last hour stays. It happens by itself whenever an image is put there.
${statuses([0, 2, 5])}`;

export const cachePinHelp: string = `
Examples:
  imagectl cache pin 9f86d081
${cachedImages}
${statuses([0, 2, 4])}`;

export const cacheRemoveHelp: string = `
Examples:
  imagectl cache rm 9f86d081
${cachedImages}
A pinned one is removed, too; one that is being copied is not.
${statuses([0, 2, 4, 5])}`;

const ids = `
The id is in imagectl tasks; its beginning is enough.`;

export const limitHelp: string = `
Examples:
  imagectl limit 3f2a 20MiB/s
  imagectl limit 3f2a none
  imagectl limit 3f2a auto
  imagectl limit 3f2a 60MiB/s --group host
${ids}
${units}
${statuses([0, 2, 3, 7])}`;

export const pauseHelp: string = `
Examples:
  imagectl pause 3f2a
${ids}
${statuses([0, 2, 3, 7])}`;

export const resumeHelp: string = `
Examples:
  imagectl resume 3f2a
${ids}
${statuses([0, 2, 3, 7])}`;

export const cancelHelp: string = `
Examples:
  imagectl cancel 3f2a
${ids}

What is only served on after its copy is let go of, unless a machine still uses it.
${statuses([0, 2, 5, 7])}`;

export const throttleHelp: string = `
A disk is named by the machine's monitor, and by the id of its device, or the name of its drive or
node; device= can be left out where there is only one. A rate has a unit (20MiB/s), a count of
requests has none, a time has one (5s); none lifts. A total excludes reads and writes apart.

Examples:
  imagectl throttle show 'qmp+unix:///run/vm.qmp?device=virtio0'
  imagectl throttle set 'qmp+unix:///run/vm.qmp?device=virtio0' --bps-read 50MiB/s --iops-write 200
  imagectl throttle set 'qmp+unix:///run/vm.qmp?device=virtio0' --bps-read-max 80MiB/s --bps-read-max-length 5s
  imagectl throttle clear 'qmp+unix:///run/vm.qmp?device=virtio0'
  imagectl throttle print --as libvirt --bps-total 20MiB/s --group disks

What is set holds at once, until the machine ends. A monitor serves one client at a time: where
another program holds it, give the machine a second one.
${statuses([0, 1, 2, 5, 7, 10])}`;
