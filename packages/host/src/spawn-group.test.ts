import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnGroup } from './spawn-group.ts';

const environment = { PATH: process.env['PATH'] ?? '' };

it('says that a command cannot be started, without repeating its arguments', async () => {
  const secret = 'secret'.repeat(500_000);
  const failure = await spawnGroup({ file: 'true', args: [secret] }, { environment }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'TOOL_FAILED', untouched: true, details: { errno: 'E2BIG' } });
  expect(JSON.stringify(failure) + (failure as Error).message).not.toContain('secret');
});

it('says so of an argument that no process can be given', async () => {
  await expect(spawnGroup({ file: 'true', args: ['a\0b'] }, { environment })).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    untouched: true,
  });
});

it('makes the child the leader of a group of its own', async () => {
  const { child, pid } = await spawnGroup({ file: 'sh', args: ['-c', 'read -r line < /proc/self/stat; echo "$line"'] }, { environment });
  let said = '';
  child.stdout?.on('data', (piece) => (said += String(piece)));
  await once(child, 'close');
  expect(Number(said.split(' ')[4])).toBe(pid);
});
