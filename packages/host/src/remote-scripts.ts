import { worthAsking } from './data-extents.ts';
import { statFormat } from './parse-stat.ts';

/** Exit codes of these scripts that are no tool's. */
export const heldElsewhere = 75;
export const wrongKind = 76;
export const noFlock = 77;
export const deviceThere = 78;
export const noPerl = 79;

const digestOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Opening a pipe would wait for its other end. */
const plain = `[ -f "$1" ] || [ -b "$1" ] || [ ! -e "$1" ] || exit ${wrongKind}`;

export type RemoteScript =
  | 'stat'
  | 'realPath'
  | 'access'
  | 'read'
  | 'digest'
  | 'renameNew'
  | 'renameOver'
  | 'remove'
  | 'setMode'
  | 'sync'
  | 'tool'
  | 'claim'
  | 'unclaim';

/**
 * What is run over there, by any POSIX shell and coreutils. Paths are `$1`, `$2`, never part of a script; `set -e` makes the first
 * failure the last, and its words on standard error tell what it was.
 */
export const remoteScripts: Readonly<Record<RemoteScript, string>> = {
  /** $2: `-L` to follow links, else empty. A block device has its size in 512-byte sectors on a second line. */
  stat: `set -e
found=$(stat $2 -c '${statFormat}' -- "$1")
printf '%s\\n' "$found"
if { [ -z "$2" ] && [ -L "$1" ]; } || ! [ -b "$1" ]; then exit 0; fi
set -- $found
cat "/sys/dev/block/$((0x\${12})):$((0x\${13}))/size"`,
  realPath: 'exec realpath -e -- "$1"',
  access: '[ "-$2" "$1" ]',
  /**
   * Pairs of offset and length follow. A line of text for each piece, because standard output is read as text. A device, unlike a file,
   * cannot be asked for what is past its end: there the piece is empty.
   */
  read: `${plain}
exec 9<"$1"
shift
while [ "$#" -gt 0 ]; do
  {
    dd if=/dev/fd/9 bs=64K skip="$1" count="$2" iflag=skip_bytes,count_bytes,fullblock status=none 2>&1 >&3 |
      grep -v 'cannot skip: Invalid argument' >&2
  } 3>&1 | base64 -w 0
  echo
  shift 2
done`,
  /** $2: how many bytes, empty for all; $3: `feedScript`; $4: empty, or how many lanes to make of its records, which nothing but `perl` can make. */
  digest: `${plain}
exec <"$1"
length=$2 feed=$3 lanes=$4 sum=sha256sum
# Several times as fast, where it works.
[ "$(openssl dgst -sha256 -r </dev/null 2>&1)" = '${digestOfNothing} *stdin' ] && sum='openssl dgst -sha256 -r'
set -- $(stat -L -c '%s %b %B' /dev/stdin)
feed() { { perl -e "$feed" "$@" || echo 'cannot read' >&2; } | $sum; }
if [ "$lanes" ]; then
  perl -e 1 >/dev/null 2>&1 || exit ${noPerl}
  # All at once, each with a place of its own in the file, and told in their order.
  each() {
    if [ "$1" = "$lanes" ]; then return; fi
    feed "$length" "$1" "$lanes" </dev/fd/3 | { rest=$(each "$(($1 + 1))"); cat; printf '%s\\n' "$rest"; }
  }
  exec 3<&0
  each 0
  exit
fi
if [ "$(($1 - $2 * $3))" -ge ${worthAsking} ] && perl -e 1 >/dev/null 2>&1; then
  feed "$length"
  exit
fi
[ "$length" ] || exec $sum
{ head -c "$length" || echo 'cannot read' >&2; } | $sum`,
  renameNew: `if said=$(ln -T -- "$1" "$2" 2>&1); then exec rm -f -- "$1"; fi
case $said in
  *'File exists')
    if [ "$1" != "$2" ] && [ "$1" -ef "$2" ] && [ "$(stat -c %h -- "$1")" -gt 1 ]; then exec rm -f -- "$1"; fi;;
  *'not permitted'|*'not supported'|*'Too many links'|*'not implemented')
    umask 077
    (set -C; : >"$2") || exit 1
    mv -T -f -- "$1" "$2" && exit 0
    rm -f -- "$2"
    exit 1;;
esac
printf '%s\\n' "$said" >&2; exit 1`,
  renameOver: 'exec mv -T -f -- "$1" "$2"',
  remove: 'exec rm -f -- "$1"',
  setMode: `if [ "$3" ] && ! said=$(chown -- "$3" "$1" 2>&1); then
  case $said in *'not permitted') ;; *) printf '%s\\n' "$said" >&2; exit 1;; esac
fi
exec chmod -- "$2" "$1"`,
  sync: `said=$(sync -- "$1" 2>&1) && exit 0
case $said in *'Invalid argument') [ -d "$1" ] && exit 0;; esac
printf '%s\\n' "$said" >&2; exit 1`,
  tool: `command -v "$1" || exit 1
shift
exec "$@"`,
  /**
   * $2: how often to look again, every 0.2 s, while another holds it. Prints `made` if it did, and `held EXISTED SIZE`, and then holds the file until it is
   * ended; else ends with one of the exit codes above, having removed what it made unless that is another's by now.
   */
  claim: `umask 077
command -v flock >/dev/null 2>&1 || exit ${noFlock}
left=$2 lost=0 existed=true
set -C
undo() {
  [ "$existed" = false ] && [ -f "$1" ] && exec 9<"$1" && flock -n 9 && [ ! -s /dev/fd/9 ] && rm -f -- "$1"
}
trap 'trap "" TERM; undo "$1"; exit 143' TERM
while [ "$lost" -lt 5 ]; do
  existed=true
  if ! [ -e "$1" ] && ! [ -L "$1" ]; then
    # Said first: we may be ended between making it and saying so.
    existed=false
    printf '' >"$1" || existed=true
    [ -e "$1" ] || exit 1
  fi
  if [ -b "$1" ] && ! [ -L "$1" ]; then exit ${deviceThere}; fi
  if [ -L "$1" ] || ! [ -f "$1" ]; then exit ${wrongKind}; fi
  exec 9<>"$1"
  if ! [ -f /dev/fd/9 ] || [ "$(stat -L -c %u /dev/fd/9)" != "$(id -u)" ]; then exit ${wrongKind}; fi
  said=$(flock -n 9 2>&1)
  case $?$said in
    0)
      set -- "$1" "$2" $(stat -L -c '%d:%i %h %s' /dev/fd/9)
      [ "$(stat -c %d:%i -- "$1")" = "$3" ] || { lost=$((lost + 1)); continue; }
      [ "$4" = 1 ] || exit ${wrongKind}
      [ "$existed" = true ] || echo made
      # From here on the file is the caller's, who may let go of it at once.
      trap - TERM
      printf 'held %s %s\\n' "$existed" "$5"
      exec sleep 2147483647;;
    1)
      [ "$left" -gt 0 ] || exit ${heldElsewhere}
      left=$((left - 1))
      exec 9<&-
      sleep 0.2;;
    *)
      # Where nobody can lock, nobody holds it.
      if [ "$existed" = false ] && ! [ -s "$1" ]; then rm -f -- "$1"; fi
      printf '%s\\n' "$said" >&2
      exit 1;;
  esac
done
exit ${heldElsewhere}`,
  /** Take away the file of a claim that nobody wants any more, unless it is another's by now. */
  unclaim: `[ -f "$1" ] && ! [ -L "$1" ] && exec 9<"$1" && flock -n 9 || exit 0
[ -s /dev/fd/9 ] || [ "$(stat -L -c %d:%i /dev/fd/9)" != "$(stat -c %d:%i -- "$1")" ] || exec rm -f -- "$1"`,
};
