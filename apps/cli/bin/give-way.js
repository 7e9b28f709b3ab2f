import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

const lowestPriority = 19;

/** Whether the words ask for a copy that gives way. What they mean exactly is read later: too early to know, too late to wait for. */
export function asksForIdle(words) {
  return words.some((word, index) => word === '--priority=idle' || (word === '--priority' && words[index + 1] === 'idle'));
}

/**
 * Let all threads of this process, and whatever it starts, give way to everything else: the loading of its own modules is already felt by
 * others. What cannot be had is gone without: the copy itself is made idle by its driver.
 */
export function giveWay() {
  try {
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), lowestPriority);
    // The idle policy of the scheduler, under which a thread stops at once when another wants to run.
    spawnSync('chrt', ['-a', '-i', '-p', '0', String(process.pid)], { stdio: 'ignore', timeout: 1000 });
  } catch {
    // Not Linux, or a thread that is over already.
  }
}
