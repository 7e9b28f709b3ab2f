import { spawn } from 'node:child_process';
import { root } from '../root.mjs';

/**
 * @typedef {object} Ran
 * @property {boolean} ok ended by itself with status 0
 * @property {string} output what it printed, on both streams
 * @property {string} stdout
 */

/** @type {Set<number>} */
const groups = new Set();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    for (const group of groups) killGroup(group, 'SIGTERM');
    process.exit(130);
  });
}

/**
 * Run a command to its end, in its own process group, with nothing to read. Never rejects.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number }} [options] default timeout: 5 minutes
 * @returns {Promise<Ran>}
 */
export function run(command, args, { cwd = root, env = {}, timeoutMs = 300_000 } = {}) {
  return new Promise((resolve) => {
    const environment = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env };
    const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let stdout = '';
    const group = child.pid ?? 0;
    groups.add(group);
    const timers = [
      setTimeout(() => {
        output += `\n${command} took longer than ${timeoutMs / 1000} s and was ended\n`;
        killGroup(group, 'SIGTERM');
      }, timeoutMs),
      setTimeout(() => killGroup(group, 'SIGKILL'), timeoutMs + 10_000),
    ];
    child.stdout.setEncoding('utf8').on('data', (text) => ((output += text), (stdout += text)));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    /** @param {boolean} ok */
    const end = (ok) => {
      groups.delete(group);
      timers.forEach(clearTimeout);
      resolve({ ok, output, stdout });
    };
    child.once('error', (error) => {
      output += error.message;
      end(false);
    });
    child.once('close', (status) => end(status === 0));
  });
}

/**
 * @param {number} group
 * @param {NodeJS.Signals} signal
 */
function killGroup(group, signal) {
  try {
    if (group > 0) process.kill(-group, signal);
  } catch {
    // It has ended already.
  }
}
