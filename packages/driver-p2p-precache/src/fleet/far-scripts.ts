/** Exit codes of these scripts that are no tool's. */
export const untrustedDirectory = 70;
export const portTaken = 71;
export const noFlock = 72;
export const noEngine = 73;

/** Where a cache is that nobody named: the same as `defaultDirectory` says over there. */
const chooseDirectory = `dir=$1
if [ -z "$dir" ]; then
  if [ "$(id -u)" = 0 ]; then dir=/var/cache/image-api
  else case $XDG_CACHE_HOME in /*) dir=$XDG_CACHE_HOME/image-api;; *) dir=$HOME/.cache/image-api;; esac; fi
fi`;

/**
 * Look around on a host, and make the directories of its cache. $1: the cache, or empty; $2: sha256; $3: not empty to list what else is in
 * the cache. One fact a line, its name first.
 */
export const lookScript: string = `umask 077
${chooseDirectory}
mkdir -p -- "$dir" || exit 1
if [ -L "$dir" ] || ! [ -d "$dir" ]; then echo 'flaw is not a directory'; exit ${untrustedDirectory}; fi
[ "$(stat -c %u -- "$dir")" = "$(id -u)" ] || { echo 'flaw belongs to somebody else'; exit ${untrustedDirectory}; }
case $(stat -c %A -- "$dir") in ?????w*|????????w*) echo 'flaw can be written by others'; exit ${untrustedDirectory};; esac
command -v qbittorrent-nox >/dev/null 2>&1 || exit ${noEngine}
command -v flock >/dev/null 2>&1 || exit ${noFlock}
cd -- "$dir" && mkdir -p sha256 incoming trash locks state || exit 1
printf 'directory %s\\n' "$dir"
printf 'ssh %s\\n' "$SSH_CONNECTION"
stat -f -c 'space %a %S' .
entry=sha256/$2
if [ -f "$entry/image" ] && ! [ -L "$entry/image" ] && [ -f "$entry/manifest.json" ]; then
  stat -c 'image %s %i %.9Y' "$entry/image"
  grep -o '"sha256":"[0-9a-f]*"' "$entry/manifest.json" | head -n 1 | sed 's/^/manifest /'
  [ -f "state/$2/checked" ] && printf 'checked %s\\n' "$(head -c 500 "state/$2/checked")"
elif [ -f "$entry/image.part" ]; then stat -c 'part %s %b %B' "$entry/image.part"; fi
[ "$3" ] || exit 0
for older in sha256/*/image; do
  [ -f "$older" ] || continue
  name=\${older#sha256/}; name=\${name%/image}
  length=$(grep -o '"pieceLength":[0-9]*' "sha256/$name/manifest.json" | head -n 1)
  used=$(stat -c %Y "state/$name/used" 2>/dev/null || stat -c %Z "$older")
  printf 'older %s %s %s %s\\n' "$name" "$(stat -c %s "$older")" "\${length#*:}" "$used"
done
exit 0`;

/**
 * Hold the lock of an image and make room for it: an engine and its lock have one life, so nobody ever writes to the file of another. Another
 * that was killed has left its engine's directory at most.
 */
const holdPart = `cd -- "$1" || exit 1
sha256=$2 size=$3 older=$4; shift 4
lock=locks/$sha256 entry=sha256/$sha256
told=
while :; do
  [ -L "$lock" ] && exit 1
  exec 9>>"$lock" || exit 1
  if flock -n 9; then
    [ "$(stat -L -c %i /dev/fd/9)" = "$(stat -c %i -- "$lock" 2>/dev/null)" ] && break
  else
    [ "$told" ] || echo waiting
    told=yes
  fi
  exec 9>&-
  # It may still be handed out by who has put it there.
  if [ -f "$entry/image" ]; then echo there; exit 0; fi
  sleep 0.5
done
if [ -f "$entry/image" ]; then echo there; exit 0; fi
mkdir -p -- "$entry" && cd -- "$entry" || exit 1
own=$PWD/engine
rm -rf -- "$own"
if ! [ -f image.part ]; then
  if [ "$older" ] && [ -f "../$older/image" ]; then
    cp --reflink=auto --sparse=always -- "../$older/image" image.part && chmod 600 image.part || { rm -f image.part; exit 1; }
  else : >image.part || exit 1; fi
fi
truncate -s "$size" image.part || exit 1
mkdir -p "$own/data" && ln image.part "$own/data/$sha256" || exit 1
stat -c 'part %b %B' image.part`;

/** Run the engine, with all it has in the directory \`own\`, until we are ended. */
const runEngine = `peers=$1 api=$2 seconds=$3
cd / && mkdir -p "$own/qBittorrent/config" || exit 1
printf '%s' "$SETTINGS" | base64 -d >"$own/qBittorrent/config/qBittorrent.conf" || exit 1
unset SETTINGS
for port in "$peers" "$api"; do
  grep -qs ":$(printf %04X "$port") [0-9A-F:]* 0A" /proc/net/tcp /proc/net/tcp6 && { rm -rf -- "$own"; exit ${portTaken}; }
done
engine= clock=
finish() {
  trap '' TERM
  [ "$engine" ] && kill -s KILL "$engine" 2>/dev/null
  wait "$engine" 2>/dev/null
  [ "$clock" ] && kill "$clock" 2>/dev/null
  rm -rf -- "$own"
}
trap 'finish; exit 143' TERM INT HUP
set -- qbittorrent-nox "--profile=$own"
setpriv --pdeathsig KILL -- true 2>/dev/null && set -- setpriv --pdeathsig KILL -- "$@"
env HOME="$own" XDG_RUNTIME_DIR="$own" TMPDIR="$own" "$@" >"$own/said" 2>&1 </dev/null &
engine=$!
if [ "$seconds" ]; then
  { exec >/dev/null 2>&1 9>&-; sleep "$seconds"; kill -s TERM $$; } &
  clock=$!
fi
echo started
wait "$engine" 2>/dev/null
status=$?
tail -c 2000 "$own/said" >&2
engine=
finish
exit "$status"`;

/**
 * Fetch an image over there. $1: the cache; $2: sha256; $3: size; $4: sha256 of an older image to start from, or empty; $5, $6: ports for
 * peers and for the API; $7: seconds until the hard end, whatever becomes of us. SETTINGS of the environment goes into a file of the
 * engine's own.
 *
 * Says \`waiting\` while another has the lock, \`there\` when the image came meanwhile, \`part\` with the blocks it takes, then \`started\`.
 */
export const fetchScript: string = `umask 077\n${holdPart}\n${runEngine}`;

/** Hand an image out here, where nothing outlives us. $1: a directory to make, for the engine alone; the rest as from $5 on above, $7 empty. */
export const seedScript: string = `umask 077\nown=$1; shift\n${runEngine}`;

/** Append to a file what BYTES of the environment says in base64; from the start when $2 is empty. */
export const deliverScript: string = `umask 077
[ "$2" ] || rm -f -- "$1"
printf '%s' "$BYTES" | base64 -d >>"$1"`;

/**
 * Make an entry of an image that was checked, in the order of \`admit\`. $1: the cache; $2: sha256; $3: what was written down of the check.
 * Manifest and torrent were delivered beside the engine.
 */
export const admitScript: string = `set -e
umask 077
cd -- "$1/sha256/$2"
sync -- image.part
for file in image.torrent manifest.json; do
  chmod 400 "engine/$file"
  sync "engine/$file"
  mv -T -f "engine/$file" "$file"
done
chmod 400 image.part
mkdir -p "../../state/$2"
printf '%s' "$3" >"../../state/$2/checked"
: >"../../state/$2/used"
mv -T -f image.part image
sync . || true
sync .. || true
stat -c '%b %B' image`;

/** Write down that an image was checked, or take it away because it is damaged. $1: the cache; $2: sha256; $3: of the check, or empty. */
export const recheckedScript: string = `set -e
umask 077
cd -- "$1"
if [ "$3" ]; then
  mkdir -p "state/$2"
  printf '%s' "$3" >"state/$2/checked"
  : >"state/$2/used"
else
  doomed=trash/$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')
  mv -T -- "sha256/$2" "$doomed"
  rm -rf -- "$doomed"
fi`;
