import type { Command } from 'commander';

/** The flags that say what a copy must be like. */
export function addCopyFlags(command: Command, quiet: string): Command {
  return command
    .option('--limit <rate>', 'at most this many bytes a second: 20MiB/s, 50MB/s, 400Mbit/s; none; auto follows the machine')
    .option('--group <name>', 'share one limit with all copies of this user that name the same group')
    .option('--needs <list>', 'what the driver must be able to do, such as sparse,resume')
    .option('--driver <id>', 'use this driver and no other')
    .option('--format <format>', 'what the source is; checked')
    .option('--to-format <format>', 'convert to this format on the way')
    .option(
      '--verify <mode>',
      'none, size, content, sha256, or read-back: all of it, from its disk; default: what the config says, else size',
    )
    .option('--checksum <digest>', 'sha256:… that the content must have; implies --verify sha256')
    .option('--overwrite <mode>', 'never (default) or replace')
    .option('--delta', 'start from the old content of <to> and send only what differs; needs --overwrite replace')
    .option('--priority <priority>', 'normal (default), or idle: give way to everything else on the machines the copy is on')
    .option('--allow-backing', 'copy an image that needs another file to be read; that file is not copied')
    .option('--max-virtual-size <size>', 'largest size the image may declare, such as 4TiB; default: the config, else 2TiB')
    .option('--quiet', quiet);
}

/** The flags that say how an image is fetched into the cache. */
export function addPrecacheFlags(command: Command): Command {
  return command
    .option('--checksum <digest>', 'sha256:… that the content must have; an image that is there already is not fetched')
    .option('--limit <rate>', 'at most this many bytes a second: 20MiB/s, 50MB/s, 400Mbit/s; none; auto follows the machine')
    .option('--group <name>', 'share one limit with all copies of this user that name the same group')
    .option('--driver <id>', 'fetch it by this driver and no other')
    .option('--format <format>', 'what the source is; checked')
    .option(
      '--verify <mode>',
      'compare with the source: none, size, content, sha256 or read-back; default: what the config says, else size',
    )
    .option('--priority <priority>', 'normal (default), or idle: give way to everything else on the machines the copy is on')
    .option('--allow-backing', 'fetch an image that needs another file to be read; that file is not fetched')
    .option('--max-virtual-size <size>', 'largest size the image may declare, such as 4TiB; default: the config, else 2TiB')
    .option('--quiet', 'no bar and no remarks on stderr, only what went wrong');
}

/** The flags that say how an image is given to others. */
export function addPublishFlags(command: Command): Command {
  return command
    .option('--manifest <file>', 'write what other machines must know of the image to this file, and name it in the address')
    .option('--origin <place>', 'where the image may be read when no peer has it: a path or an https address')
    .option('--linger <time>', 'give it to others for so long, in the background; default: 1h')
    .option('--upload-limit <rate>', 'give at most this many bytes a second to all of them together; default: none')
    .option('--stop', 'no longer give it to anybody');
}

/** The flags that say where else an image is to be, and how it gets there. */
export function addFleetFlags(command: Command): Command {
  return command
    .option('--to <hosts>', 'put it into the caches of these hosts, too, as ssh knows them: a,root@b,c:2222')
    .option('--hosts-file <file>', 'and of those in this file, one a line')
    .option('--to-cache <directory>', 'where the hosts have their caches; default: where that of their user is')
    .option('--from-cached <image>', 'have a host start from an older image it has, by its sha256, or auto; only what differs is sent')
    .option('--linger <time>', 'how long all go on handing it out when everybody has it, such as 1h; default: 0')
    .option('--patience <time>', 'when to give up a host that nothing comes to; default: 1m')
    .option('--admit <who>', 'who may have it from the hosts: hosts, only they and this machine, or anybody; default: hosts');
}

/** The flags that say what an image may be, as for a copy of it. */
export function addInspectFlags(command: Command): Command {
  return command
    .option('--format <format>', 'what it is said to be; checked')
    .option('--allow-backing', 'do not mind that it needs another file to be read')
    .option('--max-virtual-size <size>', 'largest size it may declare, such as 4TiB; default: the config, else 2TiB');
}

/** The flags of every command that reads a config. */
export function addCommonFlags(command: Command, json = 'one object on stdout'): Command {
  return addOutputFlags(command, json)
    .option('--config <file>', 'use this config; default: the nearest image-api.config.{ts,js,mjs,json} upwards from here')
    .option('--ssh-config <file>', 'use this ssh configuration, as ssh -F does');
}

/** The flags of every command. */
export function addOutputFlags(command: Command, json: string): Command {
  return command.option('--json', json).option('--debug', 'say where a failure came from').helpOption('-h, --help', 'print this help');
}
