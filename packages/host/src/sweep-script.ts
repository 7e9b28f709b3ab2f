import { noFlock } from './remote-scripts.ts';

const ending = `.${'[0-9a-f]'.repeat(16)}.part`;

/**
 * Run over there by any POSIX shell, coreutils, grep and flock. $1: the directory; $2: how the names begin, empty for whatever; $3: a name to
 * leave out; $4: how old, in milliseconds, is old enough; $5: `look` to do nothing else.
 *
 * Prints a line for each: `STATE LINKS SIZE ALLOCATED AGE NAME`; for one that could not be removed the state is `failed`, and it is the last. Each is done in a
 * shell of its own, so that its lock ends with it, and so does a shell that cannot open it.
 */
export const sweepScript: string = `
directory=$1 prefix=$2 own=$3 enough=$4 look=$5
if ! [ -d "$directory" ]; then
  said=$(stat -L -c '' -- "$directory" 2>&1) && exit 0
  case $said in *'No such file or directory'|*'Not a directory') exit 0;; esac
  printf '%s\\n' "$said" >&2
  exit 1
fi
if ! [ -r "$directory" ] || ! cd -- "$directory"; then echo 'Permission denied' >&2; exit 1; fi
now=$(date +%s%3N)
user=$(id -u)
describe() {
  found=$(stat $1 -c '%d:%i %i %u %h %s %b %B %.3Y' -- "$2") || exit 0
  set -- $found
  file=$1 inode=$2 owner=$3 links=$4 size=$5 allocated=$(($6 * $7))
  age=$((now - (\${8%.*} * 1000 + 1\${8#*.} - 1000)))
  [ "$age" -ge 0 ] || age=0
}
tell() { printf '%s %s %s %s %s %s\\n' "$1" "$links" "$size" "$allocated" "$age" "$name"; }
# What another has removed meanwhile is no failure.
fail() { [ -e "./$name" ] || exit 0; tell failed; exit 1; }
sweep() {
  describe '' "./$name" 2>/dev/null
  [ "$owner" = "$user" ] || exit 0
  if [ "$look" ] || [ "$age" -lt "$enough" ]; then
    if grep -q ":$inode " /proc/locks; then tell held; else tell kept; fi
    exit 0
  fi
  command -v flock >/dev/null 2>&1 || exit ${noFlock}
  seen=$file
  trap '[ $? = 0 ] || fail' EXIT
  exec 9<"./$name"
  # For writing where the mode allows it: some file servers lock no other.
  if [ -w /dev/fd/9 ]; then exec 9<>/dev/fd/9; fi
  said=$(flock -n 9 2>&1)
  case $?$said in
    0) ;;
    1) tell held; exit 0;;
    *) printf '%s\\n' "$said" >&2; exit 1;;
  esac
  describe -L /dev/fd/9
  # QEMU takes other locks of a disk it uses.
  if grep ":$inode " /proc/locks | grep -qv ' FLOCK '; then tell held; exit 0; fi
  # Renamed, removed or replaced meanwhile: what has the name is not what we hold.
  [ "$file" = "$seen" ] && [ "$(stat -c %d:%i -- "./$name" 2>/dev/null)" = "$file" ] || exit 0
  rm -f -- "./$name" || exit 1
  tell removed
}
if [ "$prefix" ]; then set -- "$prefix"${ending}; else set -- .?*${ending}; fi
for name; do
  case $name in "$own"|*'
'*) continue;; esac
  if [ -L "./$name" ] || ! [ -f "./$name" ]; then continue; fi
  (sweep) || exit $?
done
`.trim();
