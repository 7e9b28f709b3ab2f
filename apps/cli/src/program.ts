import { Command } from 'commander';
import type { OutputConfiguration } from 'commander';
import type { Steering } from 'image-api';
import type { ThrottleAction } from './commands/run-throttle.ts';
import { addCache, addPrecache, addPublish } from './cache/add-cache-commands.ts';
import { addCommonFlags, addCopyFlags, addInspectFlags, addOutputFlags } from './flags/add-flags.ts';
import type { CommandFlags, CopyFlags, GcFlags, InspectFlags } from './flags/flags.ts';
import {
  cancelHelp,
  copyHelp,
  doctorHelp,
  driversHelp,
  gcHelp,
  inspectHelp,
  limitHelp,
  mainHelp,
  pauseHelp,
  planHelp,
  resumeHelp,
  tasksHelp,
  throttleHelp,
} from './flags/help.ts';
import { throttleFlags } from './throttle/throttle-flags.ts';
import type { ThrottleFlags } from './throttle/throttle-flags.ts';
import { readVersion } from './version.ts';
import type { World } from './world.ts';

/** How a command ended, where it did not fail. */
export interface Outcome {
  exitStatus: number;
}

/**
 * The command line: names, flags and help. Each command's code, and all it needs, is loaded only when that command runs.
 *
 * Mistakes in the line are thrown as commander's own errors, nothing is written about them.
 */
export function createProgram(world: World): { readonly program: Command; readonly outcome: Outcome } {
  const outcome: Outcome = { exitStatus: 0 };
  const program = new Command('imagectl')
    .description('Move VM disk images: one command, the best driver for the job, and the reason why.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', mainHelp)
    .exitOverride()
    .configureOutput(outputOf(world));

  for (const add of [
    addCopy,
    addPlan,
    addDrivers,
    addDoctor,
    addInspect,
    addGc,
    addTasks,
    addSteering,
    addPrecache,
    addPublish,
    addCache,
    addThrottle,
  ])
    add(program, outcome, world);
  return { program, outcome };
}

function addCopy(program: Command, outcome: Outcome, world: World): void {
  const command = program
    .command('copy <from> <to>')
    .description('Copy an image; <to> is the name it gets, never a directory to copy into.');
  addCopyFlags(command, 'no bar and no remarks on stderr, only what went wrong');
  command
    .option('--detach', 'leave the copy to the background once it has begun, and print its id')
    .option('--ready', 'leave it to the background once the image can be used, and print where to attach');
  addCommonFlags(command, 'objects on stdout, one a line; the last is always a result or an error');
  command.addHelpText('after', copyHelp).action(async (from: string, to: string, flags: CopyFlags) => {
    const { runCopy } = await import('./commands/run-copy.ts');
    outcome.exitStatus = await runCopy({ from, to, flags }, world);
  });
}

function addPlan(program: Command, outcome: Outcome, world: World): void {
  const command = program.command('plan <from> <to>').description('Show what the same copy would do, and why, without doing it.');
  addCopyFlags(command, 'print nothing: the exit status says whether anybody can');
  addCommonFlags(command);
  command.addHelpText('after', planHelp).action(async (from: string, to: string, flags: CopyFlags) => {
    const { runPlan } = await import('./commands/run-plan.ts');
    outcome.exitStatus = await runPlan({ from, to, flags }, world);
  });
}

function addDrivers(program: Command, outcome: Outcome, world: World): void {
  const command = program.command('drivers').description('List the configured drivers: can they work here, and what do they claim?');
  addCommonFlags(command);
  command.addHelpText('after', driversHelp).action(async (flags: CommandFlags) => {
    const { runDrivers } = await import('./commands/run-drivers.ts');
    outcome.exitStatus = await runDrivers(flags, world);
  });
}

function addDoctor(program: Command, outcome: Outcome, world: World): void {
  const command = program.command('doctor').description('Check what copies need on this machine, and say what to install or mend.');
  addCommonFlags(command);
  command.addHelpText('after', doctorHelp).action(async (flags: CommandFlags) => {
    const { runDoctor } = await import('./commands/run-doctor.ts');
    outcome.exitStatus = await runDoctor(flags, world);
  });
}

function addInspect(program: Command, outcome: Outcome, world: World): void {
  const command = program
    .command('inspect <image>')
    .description('Tell what an image is and whether it is safe to open; <image> is a path here, or a URI.');
  addInspectFlags(command);
  addCommonFlags(command);
  command.addHelpText('after', inspectHelp).action(async (image: string, flags: InspectFlags) => {
    const { runInspect } = await import('./commands/run-inspect.ts');
    outcome.exitStatus = await runInspect(image, flags, world);
  });
}

function addGc(program: Command, outcome: Outcome, world: World): void {
  const command = program
    .command('gc [directory...]')
    .description('Remove what interrupted copies left: in these directories, here or over ssh, or wherever copies are known to have.')
    .option('--older-than <age>', 'only what was not written to for this long: 30m, 12h, 7d; default: 1d')
    .option('--dry-run', 'only look');
  addCommonFlags(command);
  command.addHelpText('after', gcHelp).action(async (places: string[], flags: GcFlags) => {
    const { runGc } = await import('./commands/run-gc.ts');
    outcome.exitStatus = await runGc(places, flags, world);
  });
}

function addTasks(program: Command, outcome: Outcome, world: World): void {
  const command = program
    .command('tasks')
    .description('List the copies that run, from any terminal, and how those of the last hour ended.');
  addOutputFlags(command, 'objects on stdout, one a line');
  command.addHelpText('after', tasksHelp).action(async (flags: CommandFlags) => {
    const { runTasks } = await import('./commands/run-tasks.ts');
    outcome.exitStatus = await runTasks(flags, world);
  });
}

function addSteering(program: Command, outcome: Outcome, world: World): void {
  const steer = (words: string, description: string, help: string): Command => {
    const command = program.command(words).description(description).addHelpText('after', help);
    return addOutputFlags(command, 'one object on stdout: the task, and what is in force');
  };
  const run = async (id: string, steering: Steering, flags: CommandFlags): Promise<void> => {
    const { runSteer } = await import('./commands/run-steer.ts');
    outcome.exitStatus = await runSteer(id, steering, flags, world);
  };
  steer('limit <id> <rate>', 'Change the limit of a running copy: a rate, none, or auto.', limitHelp)
    .option('--group <name>', 'make it the budget of this group, and the copy one of its members')
    .action((id: string, limit: string, flags: CommandFlags & { group?: string }) =>
      run(id, { ask: 'limit', limit, ...(flags.group !== undefined && { group: flags.group }) }, flags),
    );
  steer('pause <id>', 'Stop the bytes of a running copy; connections stay open.', pauseHelp).action((id: string, flags: CommandFlags) =>
    run(id, { ask: 'pause' }, flags),
  );
  steer('resume <id>', 'Let a paused copy go on.', resumeHelp).action((id: string, flags: CommandFlags) =>
    run(id, { ask: 'resume' }, flags),
  );
  steer('cancel <id>', 'End a running copy; it cleans up after itself.', cancelHelp).action((id: string, flags: CommandFlags) =>
    run(id, { ask: 'cancel', reason: 'by imagectl cancel' }, flags),
  );
}

function addThrottle(program: Command, outcome: Outcome, world: World): void {
  const throttle = program
    .command('throttle')
    .description('Limit the disks of running machines.')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
  const act = (action: ThrottleAction, description: string): Command => {
    const command = throttle.command(`${action} <uri>`).description(description).addHelpText('after', throttleHelp);
    return addOutputFlags(command, 'one object on stdout: the disk, and what is in force').action(
      async (uri: string, flags: ThrottleFlags) => {
        const { runThrottle } = await import('./commands/run-throttle.ts');
        outcome.exitStatus = await runThrottle(action, uri, flags, world);
      },
    );
  };
  act('show', 'Show what is in force for a disk.');
  addThrottleFlags(act('set', 'Change some limits of a disk; the others stay.'));
  act('clear', 'Take all limits of a disk away.');
  const print = throttle.command('print').description('Print limits for the start of a machine.').addHelpText('after', throttleHelp);
  addThrottleFlags(print.requiredOption('--as <form>', 'qemu: members of its -drive; libvirt: an element of its disk'));
  print.helpOption('-h, --help', 'print this help').action(async (flags: ThrottleFlags) => {
    const { runThrottlePrint } = await import('./commands/run-throttle.ts');
    outcome.exitStatus = await runThrottlePrint(flags, world);
  });
}

function addThrottleFlags(command: Command): void {
  for (const { name, kind, description } of throttleFlags) command.option(`--${name} <${kind}>`, description);
  command.option('--group <name>', 'share these limits with all disks of the machine that name the same group');
}

function outputOf({ stdout, stderr }: World): OutputConfiguration {
  const width = (columns: number | undefined): number => Math.min(columns || 80, 100);
  return {
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    outputError: () => undefined,
    getOutHelpWidth: () => width(stdout.columns),
    getErrHelpWidth: () => width(stderr.columns),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
}
