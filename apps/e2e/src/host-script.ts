/**
 * What the first process of a host does before it becomes sshd. Everything a host may write to, and everything that says who it
 * is, is its own; the rest is this machine's, so that the real tools are there.
 *
 * Reads from the environment: NAME, ETC (its directory of ssh files), ROOM (size of /srv), KEEP (directories that must stay
 * visible though they lie below one that is covered), COVER (a home directory to cover, if any), WITHOUT (tools it does not have).
 */
export const hostScript: string = String.raw`
set -eu
hostname "$NAME"
ip link set lo up

# Below a covered directory nothing can be seen any more: hold on to what must be kept.
mount -t tmpfs -o mode=700 stash /mnt
held=0
for directory in $KEEP; do
  held=$((held + 1)); mkdir "/mnt/$held"; mount --rbind "$directory" "/mnt/$held"
done
mkdir /mnt/etc && mount --bind "$ETC" /mnt/etc
for directory in /tmp /run $COVER; do mount -t tmpfs -o size=64m own "$directory"; done
chmod 1777 /tmp
[ -z "$COVER" ] || chmod 700 "$COVER"
mount -t tmpfs -o "size=$ROOM" srv /srv
held=0
for directory in $KEEP; do
  held=$((held + 1)); mkdir -p "$directory"; mount --move "/mnt/$held" "$directory"
  # What a test removes from its own /tmp must not be this.
  mount -o remount,bind,ro "$directory"
done
mount --move /mnt/etc /etc/ssh
mount --bind /etc/ssh/hosts /etc/hosts
# A locked root account may not log in even by key.
sed 's/^root:[^:]*:/root:*:/' /etc/shadow >/etc/ssh/shadow && chmod 600 /etc/ssh/shadow && mount --bind /etc/ssh/shadow /etc/shadow

for tool in $WITHOUT; do
  while found=$(command -v "$tool"); do
    directory=$(realpath "$(dirname "$found")")
    layer=/mnt/$(echo "$directory" | tr / _)
    mkdir "$layer" "$layer/upper" "$layer/work" 2>/dev/null &&
      mount -t overlay -o "lowerdir=$directory,upperdir=$layer/upper,workdir=$layer/work" overlay "$directory"
    rm "$directory/$tool"
    hash -r
  done
done
umount --lazy /mnt

mkdir -p /run/sshd /srv/home
echo up
read -r go
exec /usr/sbin/sshd -D -E /etc/ssh/sshd.log
`;

/** The switch all hosts are plugged into: a bridge in a namespace of its own. */
export const switchScript: string = String.raw`
set -eu
ip link add switch type bridge
ip link set switch up
echo up
read -r go
exec sleep infinity
`;
