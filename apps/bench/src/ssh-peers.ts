import type { LabHost } from '@image-api/e2e/lab';
import type { SshImage } from './ssh-images.ts';
import type { Contender } from './race.ts';

export type Direction = 'up' | 'down' | 'between';

/** One copy between `here` and `far`. Both names end in the same word. */
interface Job {
  readonly from: string;
  readonly to: string;
}

const ssh = 'ssh -F /etc/ssh/lab.conf';
const zstdRsync = '-z --compress-choice=zstd --compress-level=1';

/** What people use for such an image. `$1` is the source, `$2` the destination, `$3` the size. */
export async function sshPeers(
  here: LabHost,
  image: SshImage,
  direction: Direction,
  job: Job,
  size: number,
): Promise<readonly Contender[]> {
  const hasRclone = await here.run(['sh', '-c', 'command -v rclone']).then(
    () => true,
    () => false,
  );
  const contender = ([name, script]: readonly [string, string]): Contender => ({
    name,
    command: here.enter(['bash', '-e', '-o', 'pipefail', '-c', script, 'bash', job.from, job.to, String(size)]),
  });
  return [...wayOfFiles(image, direction), ...(hasRclone ? [wayOfRclone(direction)] : []), ...wayOfBlocks(direction)].map(contender);
}

/** What people type to have one host send to another: both know the other's keys, so nothing has to come through here but by `scp -3`. */
export function betweenPeers(here: LabHost, { from, to }: Job): readonly Contender[] {
  const onFar = (script: string): string => `${ssh} far "$(printf 'set -- %q %q; %s' "$1" "$2" ${quote(script)})"`;
  const rsync = (options: string): string => onFar(`rsync ${options} -- "$1" "other:$2" && ssh other sync "$2"`);
  const piped = `tar -C "\${1%/*}" -S -cf - -- "\${1##*/}" | zstd -q -1 -c | ssh other "zstd -q -d -c | tar -C \${2%/*} -xSf - && sync $2"`;
  const ways = [
    ['scp -3, through here', `scp -3 -q -F /etc/ssh/lab.conf -- "far:$1" "other:$2"; ${ssh} other sync "$2"`],
    ['rsync -S, from there', rsync('-S')],
    ['rsync -S -z (zstd 1), from there', rsync(`-S ${zstdRsync}`)],
    ['tar -S, zstd -1, ssh, from there', onFar(piped)],
  ] as const;
  return ways.map(([name, script]) => ({ name, command: here.enter(['bash', '-e', '-o', 'pipefail', '-c', script, 'bash', from, to]) }));
}

/** The best of the scripts, and a look at both digests. */
export function verifiedPeer(here: LabHost, { from, to }: Job): Contender {
  const [name, copy] = tarWay(true, 'up');
  const script = `${copy}
(sha256sum "$1" & ${ssh} far sha256sum "$2"; wait) | cut -c 1-64 | uniq | wc -l | grep -qx 1`;
  return { name: `${name}, sha256sum of both`, command: here.enter(['bash', '-e', '-o', 'pipefail', '-c', script, 'bash', from, to]) };
}

function wayOfFiles(image: SshImage, direction: Direction): readonly (readonly [string, string])[] {
  const [from, to] = direction === 'up' ? ['"$1"', '"far:$2"'] : ['"far:$1"', '"$2"'];
  const rsync = (options: string): readonly [string, string] => [
    `rsync ${options}`.replace(zstdRsync, '-z (zstd 1)'),
    `rsync ${options} -e "${ssh}" -- ${from} ${to}; ${syncWay(direction)}`,
  ];
  const isSparse = image === 'sparse';
  return [
    ['scp', `scp -q -F /etc/ssh/lab.conf -- ${from} ${to}; ${syncWay(direction)}`],
    ...(isSparse ? [rsync('-S'), rsync(`-S ${zstdRsync}`), rsync(`-S ${zstdRsync} --whole-file`)] : [rsync('--whole-file')]),
    tarWay(isSparse, direction),
  ];
}

/** Without its own look at both digests afterwards: none of the others takes one. */
function wayOfRclone(direction: Direction): readonly [string, string] {
  const sftp = ':sftp,host=far,user=root,key_file=/etc/ssh/identity,known_hosts_file=/etc/ssh/known_hosts';
  const [cloudFrom, cloudTo] = direction === 'up' ? ['"$1"', `"${sftp}:$2"`] : [`"${sftp}:$1"`, '"$2"'];
  return ['rclone (sftp)', `rclone copyto --ignore-checksum ${cloudFrom} ${cloudTo}; ${syncWay(direction)}`];
}

function syncWay(direction: Direction): string {
  return direction === 'up' ? `${ssh} far sync "$2"` : 'sync "$2"';
}

function tarWay(isPacked: boolean, direction: Direction): readonly [string, string] {
  const [pack, unpack] = isPacked ? [' | zstd -q -1 -c', 'zstd -q -d -c | '] : ['', ''];
  const read = `tar -C "\${1%/*}" -S -cf - -- "\${1##*/}"${pack}`;
  const write = `${unpack}tar -C "\${2%/*}" -xSf - && sync "$2"`;
  const name = isPacked ? 'tar -S, zstd -1, ssh' : 'tar -S, ssh';
  const over = (script: string): string => `${ssh} far "$(printf 'set -- %q %q; %s' "$1" "$2" ${quote(script)})"`;
  return [name, direction === 'up' ? `${read} | ${over(write)}` : `${over(read)} | (${write})`];
}

/** A block server at the far end, and a socket that ssh forwards to it. */
function wayOfBlocks(direction: Direction): readonly (readonly [string, string])[] {
  const far = '/tmp/far.sock';
  const address = 'nbd+unix:///?socket=/tmp/near.sock';
  const isUp = direction === 'up';
  const prepare = isUp ? 'truncate -s "$3" "$2" && f=$2 o=--discard=unmap' : 'f=$1 o=--read-only';
  const script = `rm -f ${far}; ${prepare}; qemu-nbd --fork -f raw $o --shared=4 -k ${far} "$f" && echo up && cat; ${isUp ? 'sync "$2"' : ':'}`;
  const around = (copy: string): string => `rm -f /tmp/near.sock
coproc far { ${ssh} -L /tmp/near.sock:${far} far "$(printf 'set -- %q %q %q; %s' "$1" "$2" "$3" ${quote(script)})"; }
pid=$far_PID; read -r -u "\${far[0]}" up; [ "$up" = up ]
${copy}
in=\${far[1]}; exec {in}>&-; wait $pid${isUp ? '' : '; sync "$2"'}`;
  return [
    ['nbdcopy, forwarded', around(isUp ? `nbdcopy --flush -- "$1" '${address}'` : `truncate -s "$3" "$2"; nbdcopy -- '${address}' "$2"`)],
    ['qemu-img convert, forwarded', around(`qemu-img convert -f raw -O raw -W ${isUp ? `-n "$1" '${address}'` : `'${address}' "$2"`}`)],
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
