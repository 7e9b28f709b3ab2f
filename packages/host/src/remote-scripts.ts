import { statFormat } from './parse-stat.ts';

/** Exit codes of these scripts that are no tool's. */
export const heldElsewhere = 75;
export const wrongKind = 76;

/** Opening a pipe would wait for its other end. */
const plain = `[ -f "$1" ] || [ -b "$1" ] || [ ! -e "$1" ] || exit ${wrongKind}`;

export type RemoteScript =
  | 'stat'
  | 'realPath'
  | 'access'
  | 'readHead'
  | 'digest'
  | 'renameNew'
  | 'renameOver'
  | 'remove'
  | 'setMode'
  | 'sync'
  | 'tool'
  | 'claim';

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
  /** Text, because standard output is read as text. */
  readHead: `${plain}
exec <"$1"
{ head -c "$2" || echo 'cannot read' >&2; } | base64 -w 0`,
  digest: `${plain}
exec <"$1"
[ "$2" ] || exec sha256sum
{ head -c "$2" || echo 'cannot read' >&2; } | sha256sum`,
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
  /** Prints `held EXISTED SIZE` and then holds the file until it is ended; ends with `heldElsewhere` or `wrongKind`. */
  claim: `umask 077
for try in 1 2 3 4 5; do
  existed=true
  [ -e "$1" ] || [ -L "$1" ] || { (set -C; : >"$1") && existed=false; } || [ -e "$1" ] || exit 1
  if [ -L "$1" ] || ! [ -f "$1" ]; then exit ${wrongKind}; fi
  exec 9<>"$1"
  if ! [ -f /dev/fd/9 ] || [ "$(stat -L -c %u /dev/fd/9)" != "$(id -u)" ]; then exit ${wrongKind}; fi
  flock -n 9 || exit ${heldElsewhere}
  set -- "$1" $(stat -L -c '%d:%i %h %s' /dev/fd/9)
  [ "$(stat -c %d:%i -- "$1")" = "$2" ] || continue
  [ "$3" = 1 ] || exit ${wrongKind}
  printf 'held %s %s\\n' "$existed" "$4"
  exec sleep 2147483647
done
exit ${heldElsewhere}`,
};
