import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { copyUnderWay } from './copy-under-way.ts';
import { isBuilt } from './run-imagectl.ts';

const linux = process.platform === 'linux' && spawnSync('chrt', ['--version']).status === 0;

describe.skipIf(!isBuilt || !linux)('imagectl copy --priority idle', { timeout: 20_000 }, () => {
  it.each([
    [['--priority', 'idle'], 'SCHED_IDLE'],
    [['--priority=idle'], 'SCHED_IDLE'],
    [[], 'SCHED_OTHER'],
  ] as const)('with %j, every thread has the policy %s', async (flags, policy) => {
    const { running } = await copyUnderWay(...flags);
    const pid = String(running.child.pid);
    const policies = execFileSync('chrt', ['-a', '-p', pid], { encoding: 'utf8' });
    running.child.kill('SIGINT');
    await running.ended;
    expect(new Set([...policies.matchAll(/policy: (\S+)/g)].map(([, name]) => name))).toEqual(new Set([policy]));
  });
});
