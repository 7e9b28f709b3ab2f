import type { Command } from 'commander';
import { addCommonFlags, addFleetFlags, addPrecacheFlags, addPublishFlags } from '../flags/add-flags.ts';
import type { CacheGcFlags, CommandFlags, PrecacheFlags, PublishFlags } from '../flags/flags.ts';
import {
  cacheGcHelp,
  cacheHelp,
  cacheListHelp,
  cachePinHelp,
  cacheRemoveHelp,
  cacheVerifyHelp,
  precacheHelp,
  publishHelp,
} from '../flags/help.ts';
import type { Outcome } from '../program.ts';
import type { World } from '../world.ts';

/** `imagectl precache`. */
export function addPrecache(program: Command, outcome: Outcome, world: World): void {
  const command = program
    .command('precache <image>')
    .description('Put an image into the cache of this machine, and of others, and print the address it has there.');
  addFleetFlags(command);
  addPrecacheFlags(command);
  addCommonFlags(command, 'objects on stdout, one a line; the last is always a result or an error');
  command.addHelpText('after', precacheHelp).action(async (image: string, flags: PrecacheFlags) => {
    const { runPrecache } = await import('../commands/run-precache.ts');
    outcome.exitStatus = await runPrecache(image, flags, world);
  });
}

/** `imagectl publish`. */
export function addPublish(program: Command, outcome: Outcome, world: World): void {
  const command = program.command('publish <image>').description('Give an image to other machines, and print the address to copy it from.');
  addPublishFlags(command);
  addPrecacheFlags(command);
  addCommonFlags(command, 'objects on stdout, one a line; the last is always a result or an error');
  command.addHelpText('after', publishHelp).action(async (image: string, flags: PublishFlags) => {
    const { runPublish } = await import('../commands/run-publish.ts');
    outcome.exitStatus = await runPublish(image, flags, world);
  });
}

/** `imagectl cache` and what is below it. */
export function addCache(program: Command, outcome: Outcome, world: World): void {
  const cache = program.command('cache').description('Look after the images that precache has put into the cache of this machine.');
  cache
    .addHelpText('after', cacheHelp)
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command');
  const command = (words: string, description: string, help: string): Command =>
    addCommonFlags(cache.command(words).description(description)).addHelpText('after', help);
  command('ls', 'List the images, and where the cache is.', cacheListHelp).action(async (flags: CommandFlags) => {
    const { listCache } = await import('../commands/run-cache.ts');
    outcome.exitStatus = await listCache(flags, world);
  });
  command('verify [image...]', 'Compute the digests again, and remove what is damaged.', cacheVerifyHelp).action(
    async (images: string[], flags: CommandFlags) => {
      const { verifyCache } = await import('../commands/run-cache.ts');
      outcome.exitStatus = await verifyCache(images, flags, world);
    },
  );
  command('gc', 'Make the cache as small as it is to be.', cacheGcHelp)
    .option('--max-size <size>', 'this small, such as 50GiB; default: what the config says, else 100GiB')
    .option('--dry-run', 'only look')
    .action(async (flags: CacheGcFlags) => {
      const { collectCache } = await import('../commands/run-cache.ts');
      outcome.exitStatus = await collectCache(flags, world);
    });
  const change = (what: 'pin' | 'unpin' | 'rm') => async (images: string[], flags: CommandFlags) => {
    const { changeCache } = await import('../commands/run-cache.ts');
    outcome.exitStatus = await changeCache(what, images, flags, world);
  };
  command('pin <image...>', 'Keep images whatever else has to go.', cachePinHelp).action(change('pin'));
  command('unpin <image...>', 'Let images go again when there is no room.', cachePinHelp.replace('cache pin', 'cache unpin')).action(
    change('unpin'),
  );
  command('rm <image...>', 'Remove images.', cacheRemoveHelp).action(change('rm'));
}
