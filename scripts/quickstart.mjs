/**
 * From a fresh clone to a copied image: `npm run quickstart`, or `npm run quickstart -- <from> <to>` with files of your own.
 * Installs and builds what is not there yet, shows the plan, copies, verifies, and ends with the copy's exit status.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { installDependencies } from './install-dependencies.mjs';
import { root } from './root.mjs';
import { makeSampleImage } from './sample-image.mjs';

// Ctrl-C reaches the copy, which cleans up and ends; then we clean up and end with its status.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

const own = process.argv.slice(2);
if (own.length === 1) {
  console.error('usage: npm run quickstart [-- <from> <to> [options of imagectl copy]]');
  process.exit(2);
}
process.exitCode = (await prepare()) || (own.length > 0 ? await show(own, process.env['INIT_CWD'] ?? process.cwd()) : await showSample());

/** @returns {Promise<number>} 0 when all is there */
async function prepare() {
  try {
    console.log('• dependencies');
    console.log(`  ${await installDependencies()}`);
    console.log('• build');
    const turbo = ['run', 'build', '--output-logs=errors-only', '--ui=stream'];
    await promisify(execFile)('node_modules/.bin/turbo', turbo, { cwd: root, env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' } });
    console.log('  done');
    return 0;
  } catch (error) {
    const { stdout = '', stderr = String(error) } = /** @type {{ stdout?: string; stderr?: string }} */ (error);
    console.error(`${stdout}${stderr}`);
    return 1;
  }
}

async function showSample() {
  const folder = await mkdtemp(join(tmpdir(), 'image-api-quickstart-'));
  try {
    console.log('• a sample image: 1 GiB, of which 256 MiB are data and the rest holes');
    await makeSampleImage(join(folder, 'disk.raw'), { virtualMiB: 1024, dataMiB: 256, stretches: 4 });
    return await show(['disk.raw', 'copy.raw'], folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} args
 * @param {string} folder where relative paths start
 */
async function show(args, folder) {
  console.log(`• imagectl plan ${args.join(' ')}`);
  const planned = await imagectl(['plan', ...verified(args)], folder);
  if (planned !== 0) return planned;
  console.log(`• imagectl copy ${verified(args).join(' ')}`);
  const copied = await imagectl(['copy', ...verified(args)], folder);
  if (copied === 0) await printSizes(args, folder);
  return copied;
}

/** @param {readonly string[]} args */
function verified(args) {
  return args.some((word) => word.startsWith('--verify')) ? args : [...args, '--verify', 'sha256'];
}

/**
 * @param {readonly string[]} args
 * @param {string} folder
 */
async function printSizes(args, folder) {
  for (const name of args.slice(0, 2)) {
    // What is not a file here (an ssh destination, say) has no size to show.
    const found = await stat(resolve(folder, name)).catch(() => undefined);
    if (found) console.log(`  ${name}: ${mebibytes(found.size)} MiB, ${mebibytes(found.blocks * 512)} MiB on disk`);
  }
}

/** @param {number} bytes */
function mebibytes(bytes) {
  return Math.round(bytes / 2 ** 20);
}

/**
 * @param {readonly string[]} args
 * @param {string} folder
 * @returns {Promise<number>} the exit status
 */
function imagectl(args, folder) {
  return new Promise((end, fail) => {
    const child = spawn(process.execPath, [join(root, 'apps/cli/bin/imagectl.js'), ...args], { cwd: folder, stdio: 'inherit' });
    const forward = () => child.kill('SIGTERM');
    process.on('SIGTERM', forward);
    child.once('error', fail);
    child.once('exit', (status) => {
      process.off('SIGTERM', forward);
      end(status ?? 130);
    });
  });
}
